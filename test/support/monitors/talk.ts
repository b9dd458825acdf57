import { inspect } from 'node:util'
import { afterEach, expect, vi } from 'vitest'
import { Failure } from '../../../src/core/failure.ts'
import { markerOf } from '../../../src/core/marker.ts'
import type {
  AcknowledgeOrder,
  CheckReading,
  DowntimeOrder,
  KnownDowntime,
  MonitorApi,
  Target,
  Words,
} from '../../../src/core/monitor-api.ts'
import { KINDS } from '../../../src/monitors/registry.ts'
import { TestClock } from '../test-clock.ts'
import { TestLog } from '../test-log.ts'
import type { HostileServer } from './hostile-server.ts'
import type { KindRow } from './kinds.ts'
import type { Fault, StandIn } from './stand-in.ts'

/* A kind of monitor connected to its stand-in, with clocks that stand still, and everything it says looked through. */

/** More than any call may take: several questions, each given up after 10 seconds. */
const ADVANCES_MAX = 30
/** Real time for what arrives together with a request that hangs. */
const TOGETHER_MS = 15
/** Real time after which something that nobody makes hang does hang. */
const PATIENCE_MS = 15_000

export const NAME = 'dc1'
export const ID = '0198c0de-0000-7000-8000-0123456789ab'
export const MARKER = markerOf(ID)

export const WORDS: Words = { author: 'Ann Li', comment: 'on it', marker: MARKER }
export const ORDER: AcknowledgeOrder = {
  ...WORDS,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}

/** What became of a call: what it returned or what it threw. */
export type Outcome = { readonly returned: unknown } | { readonly threw: unknown }

export class Talk {
  readonly row: KindRow
  readonly monitor: StandIn
  readonly api: MonitorApi
  readonly clock: TestClock
  readonly system = new TestClock()
  readonly log = new TestLog()
  /** Something may be waited for in vain. */
  #mayHang: boolean
  readonly #received: readonly string[] | null
  readonly #said: string[] = []
  readonly #spies = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...all: unknown[]) => {
      this.#said.push(inspect(all, { depth: 8 }))
    }),
  )

  /** @param instead what it connects to instead of the stand-in */
  constructor(row: KindRow, monitor: StandIn, clock: TestClock, instead: HostileServer | null) {
    this.row = row
    this.#mayHang = instead?.hangs === true
    this.#received = instead?.received ?? null
    const settings =
      instead === null
        ? monitor.settings
        : JSON.parse(JSON.stringify(monitor.settings).replaceAll(/127\.0\.0\.1:\d+/g, instead.at))
    this.monitor = monitor
    this.clock = clock
    const kind = KINDS.get(row.kind)
    const api = kind?.connect(kind.config.parse(settings), {
      name: NAME,
      clock,
      system: this.system,
      log: this.log,
      proxy: null,
    })
    if (!api) throw new Error(`The settings of the stand-in for ${row.kind} name no way to talk back.`)
    this.api = api
  }

  get host(): Target {
    return this.target(this.row.host, null)
  }

  get service(): Target {
    return this.target(this.row.host, this.row.service)
  }

  target(host: string, service: string | null): Target {
    const labels = this.monitor.labels?.(host, service) ?? null
    return { key: this.monitor.key(host, service), host, service, episode: null, labels }
  }

  downtime(more: Partial<KnownDowntime> = {}): KnownDowntime {
    const now = this.clock.now()
    return { ...WORDS, from: now, until: now + 2 * 3_600_000, reference: null, ...more }
  }

  /** Orders that arrived, whether or not they were carried out. */
  sent(): readonly string[] {
    return this.monitor.received.filter((one) => this.row.order.test(one))
  }

  async readOne(target: Target): Promise<CheckReading | null> {
    return (await this.api.read([target])).checks.get(target.key) ?? null
  }

  /** Makes the monitor misbehave, and lets connections that ended with that be noticed. */
  async behave(fault: Fault): Promise<void> {
    this.#mayHang = fault === 'hangs'
    await this.monitor.behave(fault)
    for (let n = 0; n < 4; n++) await new Promise((done) => setImmediate(done))
  }

  /** Lets the release be told, on which it depends what a kind says it can do. */
  async learn(): Promise<void> {
    await this.api.readProblems()
    await this.api.read([this.service])
  }

  /** Waits for a call, and lets time pass for it while it hangs. */
  async end(call: Promise<unknown>): Promise<Outcome> {
    let outcome: Outcome | null = null
    call.then(
      (returned) => {
        outcome = { returned }
      },
      (threw: unknown) => {
        outcome = { threw }
      },
    )
    let before = this.#arrivals - 1
    for (let times = 0; times < ADVANCES_MAX && outcome === null; times++) {
      const since = before
      await this.#waits(
        () => outcome !== null,
        () => this.#arrivals > since,
      )
      before = this.#arrivals
      if (outcome === null) await this.system.advance(10_000, () => new Promise((done) => setImmediate(done)))
    }
    if (outcome === null) throw new Error('The call hangs, and no clock ends it.')
    return outcome
  }

  /** @returns the Failure with which the call ended; nothing in it or said on the way holds a secret */
  async failure(call: Promise<unknown>): Promise<Failure> {
    const outcome = await this.end(call)
    if (!('threw' in outcome)) throw new Error(`It did not fail but returned ${inspect(outcome.returned)}.`)
    return this.sound(outcome.threw)
  }

  /** @returns what was thrown, which is a Failure with a sentence for people and no secret */
  sound(threw: unknown): Failure {
    if (!(threw instanceof Failure)) throw new Error('It threw no Failure.', { cause: threw })
    expect(threw.message).toMatch(/^[^\n\r\u0000-\u001f]{10,400}[.!?]$/)
    expect(threw.message).not.toMatch(/undefined|\[object|NaN|Error:/)
    this.expectNoSecret(textOf(threw))
    return threw
  }

  /** No secret stands in this, nor in anything that was logged or printed. */
  expectNoSecret(text = ''): void {
    for (const secret of this.monitor.secrets) {
      expect(text).not.toContain(secret)
      expect(this.log.text()).not.toContain(secret)
    }
    expect(this.#said).toEqual([])
  }

  async close(): Promise<void> {
    await this.api.close()
    for (const spy of this.#spies) spy.mockRestore()
    expect(this.system.pending).toBe(0)
    expect(this.clock.pending).toBe(0)
    expect(this.log.faults()).toEqual([])
    this.expectNoSecret()
  }

  get #arrivals(): number {
    return (this.#received ?? this.monitor.received).length
  }

  /** Waits until it is over; or, where something hangs, until that has arrived. */
  async #waits(isOver: () => boolean, hasArrived: () => boolean): Promise<void> {
    const end = performance.now() + (this.#mayHang ? 1_000 : PATIENCE_MS)
    let together = Number.POSITIVE_INFINITY
    while (!isOver() && performance.now() < Math.min(end, together)) {
      if (this.#mayHang && together === Number.POSITIVE_INFINITY && hasArrived())
        together = performance.now() + TOGETHER_MS
      await new Promise((done) => setImmediate(done))
    }
  }
}

/** Every call that changes something, by name. */
export const ORDERS: Readonly<Record<string, (talk: Talk, target: Target) => Promise<unknown>>> = {
  acknowledge: ({ api }, target) => api.acknowledge(target, ORDER),
  remove: ({ api }, target) => api.removeAcknowledgement(target, 'Ann Li', null),
  comment: ({ api }, target) => api.comment(target, WORDS),
  downtime: (talk, target) => talk.api.scheduleDowntime(target, downtimeOrder(talk)),
  removeDowntime: (talk, target) => talk.api.removeDowntime(target, talk.downtime()),
}

/** Every call that only asks, by name. */
export const READINGS: Readonly<Record<string, (talk: Talk) => Promise<unknown>>> = {
  read: ({ api, host, service }) => api.read([host, service]),
  readProblems: ({ api }) => api.readProblems(),
}

export function downtimeOrder(talk: Talk): DowntimeOrder {
  const { reference: _, ...order } = talk.downtime()
  return order
}

/** Everything that an error holds, its causes and what hangs on them included. */
export function textOf(error: unknown): string {
  const texts: string[] = []
  const seen = new Set<unknown>()
  const walk = (value: unknown, depth: number): void => {
    if (typeof value === 'string') texts.push(value)
    if (value === null || typeof value !== 'object' || seen.has(value) || depth > 8) return
    seen.add(value)
    if (value instanceof Uint8Array) return void texts.push(Buffer.from(value).toString('latin1'))
    if (value instanceof Map || value instanceof Set) for (const one of value) walk(one, depth + 1)
    for (const key of Reflect.ownKeys(value)) {
      const { value: held } = Reflect.getOwnPropertyDescriptor(value, key) ?? {}
      walk(held, depth + 1)
    }
  }
  walk(error, 0)
  return `${texts.join('\n')}\n${inspect(error, { depth: 12, showHidden: true })}`
}

const open: { readonly talk: Talk; readonly monitor: StandIn }[] = []
afterEach(async () => {
  const all = open.splice(0)
  for (const { monitor } of all) await monitor.behave('well')
  const results = await Promise.allSettled(all.map(({ talk }) => talk.close()))
  for (const { monitor } of all) await monitor.close()
  for (const result of results) if (result.status === 'rejected') throw result.reason
})

/**
 * Starts a stand-in on which our check and a bystander are ill, host and service, and connects to it; both end with the
 * test.
 *
 * @param instead what the kind is sent to instead of the stand-in
 */
export async function talkTo(row: KindRow, instead: HostileServer | null = null): Promise<Talk> {
  const clock = new TestClock()
  const monitor = await row.start(clock.now)
  for (const { host, service } of [row, row.bystander]) {
    monitor.set({ host, service: null, state: 'DOWN', output: 'PING lost' })
    monitor.set({ host, service, state: 'CRITICAL', output: 'Connection refused' })
  }
  const talk = new Talk(row, monitor, clock, instead)
  open.push({ talk, monitor })
  return talk
}
