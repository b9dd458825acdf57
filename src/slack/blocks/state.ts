import type { State } from '../../core/state.ts'

type Look = { readonly colour: string; readonly emoji: string }

const LOOKS: Readonly<Record<State, Look>> = {
  OK: { colour: '#2eb67d', emoji: '🟢' },
  UP: { colour: '#2eb67d', emoji: '🟢' },
  WARNING: { colour: '#ecb22e', emoji: '🟡' },
  UNKNOWN: { colour: '#9c5fb5', emoji: '🟣' },
  UNREACHABLE: { colour: '#9c5fb5', emoji: '🟣' },
  CRITICAL: { colour: '#e01e5a', emoji: '🔴' },
  DOWN: { colour: '#e01e5a', emoji: '🔴' },
}
const EVENT: Look = { colour: '#e8743b', emoji: '🟠' }

/** @returns the word of a state; an event without one is called so */
export function stateWord(state: State | null): string {
  return state ?? 'EVENT'
}

/** @returns colour and sign of a state; the word always stands beside them */
export function stateLook(state: State | null): Look {
  return state === null ? EVENT : LOOKS[state]
}
