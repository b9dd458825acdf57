import { parseState, type State } from '../../core/state.ts'

/** Words of many senders that can mean only one thing. */
const WORDS: Readonly<Record<State, string>> = {
  OK: 'ok okay up good healthy normal resolved recovered recovery cleared closed success succeeded passing',
  WARNING: 'warning warn minor degraded',
  CRITICAL:
    'critical crit error err fatal major emergency emerg alert alerting firing triggered failed failing failure down unhealthy',
  UNKNOWN: 'unknown nodata no_data',
  UP: '',
  DOWN: '',
  UNREACHABLE: 'unreachable',
}

const STATES: ReadonlyMap<string, State> = new Map(
  Object.entries(WORDS).flatMap(([state, words]) => words.split(' ').map((word) => [word, state as State])),
)

/**
 * @returns the state that a word stands for in any case; null when it may mean this or that. A number never does: with
 *   one sender 1 is well and with the next it is not
 */
export function stateOfWord(word: string): State | null {
  const plain = word.trim().toLowerCase()
  if (plain === '' || /^[\d.+-]+$/.test(plain)) return null
  return parseState(plain, 'host') ?? parseState(plain, 'service') ?? STATES.get(plain) ?? null
}
