/** What a host can be. */
export type HostState = 'UP' | 'UNREACHABLE' | 'DOWN'
/** What a service can be. */
export type ServiceState = 'OK' | 'WARNING' | 'UNKNOWN' | 'CRITICAL'
export type State = HostState | ServiceState

/**
 * How bad a state is; larger is worse. Services order OK, WARNING, UNKNOWN, CRITICAL; hosts UP, UNREACHABLE, DOWN.
 * A host that is DOWN outranks everything: what runs on it is lost too.
 */
const SEVERITY: Readonly<Record<State, number>> = {
  OK: 0,
  UP: 0,
  WARNING: 10,
  UNKNOWN: 20,
  UNREACHABLE: 25,
  CRITICAL: 30,
  DOWN: 40,
}

/** An event has no state of its own; it ranks with a warning. */
const EVENT_SEVERITY = 10

/** @returns how bad `state` is (0 = fine); null, an event without a state, counts as a warning. */
export function severityOf(state: State | null): number {
  return state === null ? EVENT_SEVERITY : SEVERITY[state]
}

/** @returns true for OK and UP. */
export function isFine(state: State): boolean {
  return state === 'OK' || state === 'UP'
}

const HOST_STATES: readonly HostState[] = ['UP', 'DOWN', 'UNREACHABLE']
const SERVICE_STATES: readonly ServiceState[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

/**
 * Reads a state as monitors write it: a word in any case, or the plugin number (hosts 0 UP, 1 DOWN, 2 UNREACHABLE;
 * services 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN).
 *
 * @returns null when the word or number is no state of that sort.
 */
export function parseState(value: string | number, of: 'host' | 'service'): State | null {
  const states: readonly State[] = of === 'host' ? HOST_STATES : SERVICE_STATES
  if (typeof value === 'number') return states[value] ?? null
  const word = value.trim().toUpperCase()
  if (/^\d$/.test(word)) return states[Number(word)] ?? null
  return states.find((state) => state === word) ?? null
}
