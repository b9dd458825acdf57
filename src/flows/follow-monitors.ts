import { type HandOverWay, NO_WAY } from '../core/acknowledge.ts'
import type { Failure } from '../core/failure.ts'
import type { MonitorApi } from '../core/monitor-api.ts'
import {
  type Clock,
  type Lane,
  type Log,
  laneOfMonitor,
  type Meter,
  type Monitors,
  type Store,
} from '../core/ports.ts'
import type { ReceiveContext } from '../core/turn.ts'
import type { Ways } from './acknowledge-problem.ts'
import { createExpectTalk } from './expect-talk.ts'
import { createFollowMonitor, type FollowMonitor } from './follow-monitor.ts'
import type { DowntimeWays } from './set-downtime.ts'

/** A monitor of the configuration with its way back, if it has one. */
export type ConnectedMonitor<Kind = unknown> = {
  readonly name: string
  readonly kind: Kind
  /** What the kind made of its section of the configuration. */
  readonly settings: object
  readonly api: MonitorApi | null
  readonly pollSeconds: number
  readonly adopt: boolean
  /** Seconds; null: it need not talk. */
  readonly expectEvery: number | null
}

export type FollowMonitorsOptions<Kind> = {
  readonly monitors: readonly ConnectedMonitor<Kind>[]
  readonly store: Store
  readonly receive: Pick<ReceiveContext, 'newId' | 'route'>
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  /** Sends at once what waits in a lane. */
  readonly release: (lane: Lane) => Promise<void>
}

/** All monitors: what they can be told, how they are doing, and the truth of their problems. */
export type FollowMonitors<Kind = unknown> = Monitors & {
  readonly monitors: readonly ConnectedMonitor<Kind>[]
  readonly ways: Ways
  readonly downtimeWays: DowntimeWays
  /** What forms and buttons offer. */
  readonly abilities: (monitor: string) => Abilities
  /** Has what waits for a monitor sent at once. */
  hurry(monitor: string): Promise<void>
  /** A notification of this monitor arrived. */
  talked(monitor: string): void
  /** How a monitor is doing, in a word. */
  word(monitor: string): string
  /** Monitors that are not well, in sentences for people. */
  troubled(): readonly string[]
  /** How many monitors cannot be asked, or are silent though they always talk. */
  ill(): number
  /** Monitors by name, and whether they are well; those of which that cannot be said are left out. */
  up(): ReadonlyMap<string, boolean>
  /** Problems that the monitors have and we never heard of. */
  unknown(): number
  start(): void
  /** Reads all of them now. */
  poll(): Promise<void>
  settled(): Promise<void>
  stop(): Promise<void>
}

/** How often a silence is looked at while it lasts, at least. */
const LOOKS_AT_A_SILENCE = 4

const ILL: ReadonlySet<string> = new Set(['silent', 'not reachable', 'refuses us', 'tells old news'])

type Abilities = {
  readonly downtime: boolean
  readonly sticky: boolean
  readonly persistent: boolean
  readonly notify: boolean
}

export function createFollowMonitors<Kind>(options: FollowMonitorsOptions<Kind>): FollowMonitors<Kind> {
  const { monitors, clock, log } = options
  const apis = new Map(monitors.map(({ name, api }) => [name, api]))
  const followers = new Map(monitors.flatMap((monitor) => followerOf(monitor, options)))
  const capabilities = (name: string) => apis.get(name)?.capabilities ?? null
  const talkers = monitors.flatMap(({ name, expectEvery }) =>
    expectEvery === null ? [] : [{ name, everyMs: expectEvery * 1000 }],
  )
  const talk = createExpectTalk(talkers, clock, log)
  const all = [...followers.values()]

  let stopping: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    talk.stop()
    // Closing what they speak through ends what is under way.
    await Promise.all([...all.map((follower) => follower.stop()), ...monitors.map(({ api }) => api?.close())])
  }

  return {
    monitors,
    api: (name) => apis.get(name) ?? null,
    heard: (name, failure: Failure | null) => followers.get(name)?.heard(failure),
    ways: (name) => wayOf(capabilities(name)),
    downtimeWays: (name) => ({
      set: capabilities(name)?.downtime ?? false,
      remove: capabilities(name)?.removeDowntime ?? false,
    }),
    abilities: (name) => {
      const {
        downtime = false,
        sticky = false,
        persistent = false,
        notify = false,
      } = capabilities(name) ?? {}
      return { downtime, sticky, persistent, notify }
    },
    hurry: (name) => options.release(laneOfMonitor(name)),
    talked: (name) => talk.talked(name),
    word: (name) => wordOf(followers.get(name), talk.silentSince(name)),
    troubled: () =>
      monitors.flatMap(({ name }) => troubleOf(name, followers.get(name), talk.silentSince(name))),
    ill: () =>
      monitors.filter(({ name }) => {
        const word = wordOf(followers.get(name), talk.silentSince(name))
        return ILL.has(word)
      }).length,
    up: () =>
      new Map(
        monitors.flatMap(({ name, expectEvery }) => {
          const word = wordOf(followers.get(name), talk.silentSince(name))
          const isKnown = word === 'ok' || ILL.has(word) || expectEvery !== null
          return isKnown ? [[name, !ILL.has(word)]] : []
        }),
      ),
    unknown: () => all.reduce((sum, follower) => sum + follower.standing().unknown, 0),
    start: () => {
      for (const follower of all) follower.start()
    },
    poll: async () => {
      await Promise.all(all.map((follower) => follower.poll()))
    },
    settled: async () => {
      await Promise.all(all.map((follower) => follower.settled()))
    },
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

function followerOf<Kind>(
  { name, api, adopt, pollSeconds }: ConnectedMonitor<Kind>,
  { store, receive, clock, log, meter, release }: FollowMonitorsOptions<Kind>,
): [string, FollowMonitor][] {
  if (api === null) return []
  const onBack = (): void => {
    release(laneOfMonitor(name)).catch((error: unknown) =>
      log.warn(
        { err: error, monitor: name },
        'What waits for a monitor could not be hurried. It goes out a little later.',
      ),
    )
  }
  // What is renewed when half of it is over has to be looked at more than once in the other half.
  const lastsMs = api.capabilities.silences?.lastsMs ?? Number.POSITIVE_INFINITY
  const pollMs = Math.min(pollSeconds * 1000, lastsMs / LOOKS_AT_A_SILENCE)
  return [
    [name, createFollowMonitor({ name, api, adopt, pollMs, store, receive, clock, log, meter, onBack })],
  ]
}

function wayOf(capabilities: MonitorApi['capabilities'] | null): HandOverWay {
  if (capabilities === null) return NO_WAY
  const { acknowledge, remove, comment } = capabilities
  return { acknowledge, remove, comment }
}

function wordOf(follower: FollowMonitor | undefined, silentSince: number | null): string {
  if (silentSince !== null) return 'silent'
  return follower === undefined ? 'kept here only' : follower.standing().word
}

const TROUBLE: Readonly<Partial<Record<string, string>>> = {
  'not reachable': 'cannot be reached',
  'refuses us': 'refuses us',
  'tells old news': 'tells nothing new',
}

function troubleOf(name: string, follower: FollowMonitor | undefined, silentSince: number | null): string[] {
  const said: string[] = []
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const standing = follower?.standing()
  const trouble = standing === undefined ? undefined : TROUBLE[standing.word]
  if (standing !== undefined && trouble !== undefined)
    said.push(`${name} ${trouble} since ${at(standing.since)}. What is shown of it may be old.`)
  if (silentSince !== null)
    said.push(`${name} has sent nothing since ${at(silentSince)}, though it always talks.`)
  if (standing !== undefined && standing.unknown > 0)
    said.push(
      `${name} has ${standing.unknown} ${standing.unknown === 1 ? 'problem' : 'problems'} that ackbridge never heard of.`,
    )
  return said
}
