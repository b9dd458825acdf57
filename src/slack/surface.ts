import { Failure } from '../core/failure.ts'
import type { Clock, Log, Meter, StormStore } from '../core/ports.ts'
import type { AcknowledgeProblem, Acting } from '../flows/acknowledge-problem.ts'
import type { AcknowledgeStorm } from '../flows/acknowledge-storm.ts'
import type { LookUp } from '../flows/look-up.ts'
import type { RemoveAcknowledgement } from '../flows/remove-acknowledgement.ts'
import type { RetryHandOver } from '../flows/retry-hand-over.ts'
import type { SetDowntime } from '../flows/set-downtime.ts'
import type { People } from './people.ts'

/** What the forms and buttons offer for a monitor's problems. */
export type AbilitiesOf = (monitor: string) => {
  readonly downtime: boolean
  readonly sticky: boolean
  readonly persistent: boolean
  readonly notify: boolean
}

/** What every surface needs: the flows, who people are, and where to say what went wrong. */
export type SurfaceParts = {
  readonly acknowledge: AcknowledgeProblem
  readonly remove: RemoveAcknowledgement
  readonly retry: RetryHandOver
  readonly downtime: SetDowntime
  /** What a monitor can do that a form or a button offers; by its name. */
  readonly abilities: AbilitiesOf
  /** Monitors that cannot be asked at the moment, in words: what is shown of their problems may be old. */
  readonly troubled: () => readonly string[]
  readonly lookUp: LookUp
  readonly storms: StormStore
  readonly acknowledgeStorm: AcknowledgeStorm['begin']
  readonly people: People
  /** User groups that the permissions name. */
  readonly groups: readonly string[]
  /** Names of all monitors. */
  readonly monitors: readonly string[]
  /** In front of each command's name, for workspaces where another app has it. */
  readonly commandPrefix: string
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

/** Finds out who acts. Takes at most as long as the client of `people` gives Slack. */
export async function actingOf({ people, groups }: SurfaceParts, userId: string): Promise<Acting> {
  const [person, members] = await Promise.all([people.person(userId), people.groups(groups)])
  return { person, groups: members }
}

/**
 * Runs what a person asked for. If that fails, nothing was changed, and `failed` tells them so.
 *
 * @param surface `command`, `button` or `modal`, for the count
 */
export async function onSurface(
  { log, meter }: SurfaceParts,
  surface: string,
  run: () => Promise<string>,
  failed: () => Promise<void>,
): Promise<void> {
  try {
    meter.count('ackbridge_interactions_total', { surface, outcome: await run() })
  } catch (error) {
    meter.count('ackbridge_interactions_total', { surface, outcome: 'unavailable' })
    if (!(error instanceof Failure))
      log.error({ err: error, surface }, 'An action could not be handled. This is a fault in ackbridge.')
    await failed()
  }
}
