import { Failure } from '../core/failure.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { Slack } from './app.ts'

/** How long a start waits for Slack to say who we are; notifications are taken meanwhile. */
const IDENTIFY_WAIT_MS = 5_000
const IDENTIFY_RETRY_MS = 30_000
/** What the database knows of whose it is. */
export type TeamFacts = {
  get(name: string): string | null
  /** @returns what is written there: `value`, or what was there before */
  claim(name: string, value: string): string
  set(name: string, value: string): void
}

export type BindSurroundings = {
  readonly clock: Clock
  readonly system: Clock
  readonly log: Log
  /** Called when running on makes no sense, after a clear log line. */
  readonly onFatal: (sentence: string) => void
}

/**
 * A database belongs to one workspace: cards of another could neither be found nor changed.
 *
 * @returns a function that asks no more, should Slack not have answered yet
 * @throws Failure `rejected` when it belongs to another
 */
export async function bindToTeam(
  slack: Slack,
  facts: TeamFacts,
  { clock, system, log, onFatal }: BindSurroundings,
): Promise<() => void> {
  let cancel: () => void = () => undefined
  const known = facts.get('slack_team')
  if (known !== null) slack.belongTo(known)
  const identify = async (): Promise<void> => {
    try {
      const { team, teamName, url } = await slack.identify()
      const owner = facts.claim('slack_team', team)
      if (owner !== team) {
        throw new Failure(
          'rejected',
          { kind: 'never' },
          `This database belongs to the Slack workspace ${owner}, and the token to ${team} (${teamName}). Give this workspace its own DATABASE_URL.`,
        )
      }
      slack.belongTo(team)
      // Workspaces can be renamed, and their address with them.
      if (url !== null && url !== facts.get('slack_url')) facts.set('slack_url', url)
    } catch (error) {
      if (error instanceof Failure && error.retry.kind === 'never') throw error
      const reason = error instanceof Failure ? error.message : 'unknown'
      log.error(
        { reason },
        'Slack did not say who we are. Notifications are taken and wait; it is asked again.',
      )
      cancel = clock.timer(IDENTIFY_RETRY_MS, () => {
        identify().catch((fatal: unknown) => onFatal(fatal instanceof Error ? fatal.message : String(fatal)))
      })
    }
  }
  const first = identify()
  await Promise.race([
    first,
    new Promise<void>((resolve) => {
      const stop = system.timer(IDENTIFY_WAIT_MS, resolve)
      first.finally(stop).catch(() => undefined)
    }),
  ])
  return () => cancel()
}
