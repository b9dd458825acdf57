import { afterEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { TestLog } from '../../test/support/test-log.ts'
import { Failure } from '../core/failure.ts'
import type { CheckReading, Hint, MonitorApi, Reading } from '../core/monitor-api.ts'
import type { Store } from '../core/ports.ts'
import { createFollowMonitor, type FollowMonitor } from './follow-monitor.ts'

const HOUR = 3_600_000
/** Hints are gathered for less than this, ms. */
const GATHERED = 250

const DOWN = {
  key: 'web01',
  host: 'web01',
  service: null,
  state: 'DOWN',
  hard: true,
  output: 'x',
  acknowledged: false,
  acknowledgement: null,
} as CheckReading

/** A monitor that is watched, and a store that knows one open problem: that of `open`. */
class Watched {
  readonly clock = new TestClock()
  readonly log = new TestLog()
  readonly follow: FollowMonitor
  /** Takes hints as the monitor gives them. */
  hint: (hint: Hint) => void = () => {}
  reads = 0
  backs = 0
  /** What reading everything does. */
  all: () => Promise<Reading> = async () => this.reading()
  /** What reading a few does. */
  some: () => Promise<Reading> = async () => this.reading()

  constructor({ adopt = false, store = {} }: { adopt?: boolean; store?: Partial<Store> } = {}) {
    const { clock, log } = this
    const meter = { count: () => {}, observe: () => {} }
    const receive = { newId: () => 'id', route: () => [] }
    const onBack = (): void => {
      this.backs++
    }
    const known = { ...KNOWN, ...store } as Store
    const api = this.#api()
    this.follow = createFollowMonitor({
      ...{ name: 'dc1', api, adopt, pollMs: 60_000, store: known },
      ...{ receive, clock, log, meter, onBack },
    })
  }

  reading(age = 0, ...checks: readonly CheckReading[]): Reading {
    return { asOf: this.clock.now() - age, checks: new Map(checks.map((check) => [check.key, check])) }
  }

  async started(): Promise<this> {
    started.push(this)
    this.follow.start()
    await this.follow.settled()
    return this
  }

  word(): string {
    return this.follow.standing().word
  }

  #api(): MonitorApi {
    const api: Partial<MonitorApi> = {
      capabilities: { read: true } as MonitorApi['capabilities'],
      readProblems: () => this.all(),
      read: () => {
        this.reads++
        return this.some()
      },
      watch: (onHint) => {
        this.hint = onHint
        return async () => {}
      },
    }
    return api as MonitorApi
  }
}

const KNOWN: Partial<Store> = {
  checksByKey: (_, keys) =>
    keys.includes('open')
      ? ([{ check: { monitor: 'dc1', key: 'open', host: 'open' }, problem: { isEvent: false } }] as never)
      : [],
  problemsOf: () => [],
}

const started: Watched[] = []
afterEach(async () => {
  for (const { follow, log, clock } of started.splice(0)) {
    await follow.stop()
    expect(log.faults()).toEqual([])
    expect(clock.pending).toBe(0)
  }
})

const refuses = async (): Promise<Reading> => {
  throw new Failure('unauthorized', { kind: 'never' }, 'dc1 does not let us read.')
}

describe('hints', () => {
  it('about checks that are not open do not end a bad standing', async () => {
    const watched = new Watched()
    watched.all = refuses
    await watched.started()
    expect(watched.word()).toBe('refuses us')
    for (let n = 0; n < 5; n++) {
      watched.hint([`unheard of ${n}`])
      await watched.clock.advance(GATHERED, () => watched.follow.settled())
    }

    expect(watched.word()).toBe('refuses us')
    expect(watched.backs).toBe(0)
    expect(watched.reads).toBe(0)
  })

  it('about an open problem do, once it was read', async () => {
    const watched = new Watched()
    watched.all = refuses
    await watched.started()
    watched.hint(['open'])
    await watched.clock.advance(GATHERED, () => watched.follow.settled())

    expect(watched.reads).toBe(1)
    expect(watched.word()).toBe('ok')
    expect(watched.backs).toBe(1)
  })

  it('that come while a slow read of the same check is under way make one more read', async () => {
    const watched = await new Watched().started()
    const slow = Promise.withResolvers<void>()
    watched.some = async () => {
      await slow.promise
      return watched.reading()
    }
    for (let n = 0; n < 50; n++) {
      watched.hint(['open'])
      await watched.clock.advance(GATHERED, async () => {})
    }
    slow.resolve()
    await watched.follow.settled()

    expect(watched.reads).toBe(2)
  })
})

describe('the standing of a monitor', () => {
  it('is not what our own store is to blame for', async () => {
    const full = async (): Promise<never> => {
      throw new Failure('unavailable', { kind: 'later' }, 'The disk is full.')
    }
    const watched = new Watched({ adopt: true, store: { decide: full } })
    watched.all = async () => watched.reading(0, DOWN)
    await watched.started()

    expect(watched.word()).not.toMatch(/not reachable|refuses us/)
    expect(watched.log.lines.map(({ sentence }) => sentence)).toEqual([
      'What a monitor says could not be stored. It is read again.',
    ])
  })

  it('says so when what it tells is hours old, until it tells something new', async () => {
    const watched = new Watched()
    watched.all = async () => watched.reading(6 * HOUR)
    await watched.started()
    expect(watched.word()).toBe('tells old news')

    watched.all = async () => watched.reading()
    await watched.follow.poll()
    expect(watched.word()).toBe('ok')
  })
})
