import type { Fault, FaultBook } from '../../../src/playground/faults.ts'
import type { Playground } from '../../../src/playground/server.ts'
import type { Fault as MonitorFault, StandIn } from '../monitors/stand-in.ts'
import type { Chance } from './chance.ts'

/*
 * A Slack and a monitor that misbehave now and then, in every way they can.
 */

const SLACK: readonly Fault[] = [
  { kind: 'lost' },
  { kind: 'lost' },
  { kind: 'reset' },
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'error', error: 'internal_error' },
  { kind: 'html' },
  { kind: 'hang' },
  { kind: 'slow', ms: 80 },
  { kind: 'slow', ms: 400 },
]
/** A start asks who we are before anything else; that is tried by the tests of starting. */
const SPARED = new Set(['auth.test', 'team.info', 'bots.info', 'apps.connections.open'])

const MONITOR: readonly MonitorFault[] = [
  'away',
  'hangs',
  'loses-answer',
  'loses-answer',
  'garbage',
  429,
  500,
  503,
]

export type BadDay = {
  /** Everything behaves from now on. */
  end(): Promise<void>
  /** Faults of Slack that struck. */
  readonly struck: number
}

/** @param share of Slack's calls that go wrong */
export function startBadDay(playground: Playground, monitor: StandIn, chance: Chance, share: number): BadDay {
  const book = playground.faults as FaultBook
  let struck = 0
  let over = false
  const take = book.take.bind(book)
  book.take = (method) => {
    const planned = take(method)
    if (planned !== undefined || over || SPARED.has(method) || !chance.is(share)) return planned
    struck++
    return chance.one(SLACK)
  }
  const weather = (async () => {
    while (!over) {
      await pause(chance.whole(100, 900))
      if (!over) await monitor.behave(chance.is(0.5) ? 'well' : chance.one(MONITOR))
    }
  })()
  return {
    get struck() {
      return struck
    },
    end: async () => {
      over = true
      await weather
      await monitor.behave('well')
    },
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
