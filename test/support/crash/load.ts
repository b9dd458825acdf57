import type { StandIn } from '../monitors/stand-in.ts'
import { NOTIFY_KEY } from '../notify-key.ts'
import { pause } from './bad-day.ts'
import type { Chance } from './chance.ts'

/*
 * Monitors that have a lot to say. What changes a state is sent with an id until it is taken, as the spool of a monitor
 * does; repeats are sent once. So what is open at the end is known, and what was answered.
 */

export type Watched = {
  readonly monitor: 'icinga' | 'native'
  readonly host: string
  readonly service: string | null
  /** Null: nothing is open. */
  state: string | null
  isEvent: boolean
  /** Somebody sends about it at the moment. */
  busy: boolean
}

/** What was told to the server, and what it answered. */
export type Told = {
  /** Answered with 2xx at least once. */
  readonly taken: Set<string>
  /** Sent, whatever came of it. */
  readonly sent: Set<string>
  /** Sent again with the same id after it was taken. */
  repeats: number
  /** Answers that are neither 2xx nor "try again". */
  readonly refused: string[]
  readonly codes: Map<number, number>
}

export type Load = {
  readonly told: Told
  readonly watched: readonly Watched[]
  /** A new life of the server: so many changes are wanted in it. */
  nextLife(): void
  /** Lets what is being sent end; nothing new begins. */
  end(): Promise<void>
}

export type LoadOptions = {
  /** Where the server is; null while it is not. */
  readonly port: () => number | null
  readonly standIn: StandIn
  readonly chance: Chance
  readonly onTaken: () => void
  /** Changes of a life: problems, changes, recoveries; a storm of so many problems now and then. */
  readonly changes: number
  readonly stormEvery: number
  readonly stormSize: readonly [number, number]
  readonly senders: number
  /** Pause of a sender, ms, at most. */
  readonly pauseMs: number
}

const SERVICE_STATES = ['WARNING', 'CRITICAL', 'UNKNOWN'] as const
const OPEN_MAX = 60

export function startLoad(options: LoadOptions): Load {
  const sender = new Sender(options)
  return sender
}

class Sender implements Load {
  readonly told: Told = { taken: new Set(), sent: new Set(), repeats: 0, refused: [], codes: new Map() }
  readonly watched: Watched[] = []
  readonly #options: LoadOptions
  readonly #running: Promise<void>[]
  readonly #ids: { path: string; body: Record<string, unknown> }[] = []
  #over = false
  #left = 0
  #lives = 0
  #count = 0
  #storm = 0
  /** All of the storm recovers, one after the other. */
  #isSubsiding = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#running = Array.from({ length: options.senders }, () => this.#work(options.chance.branch()))
  }

  nextLife(): void {
    this.#left = this.#options.changes
    this.#lives++
    if (this.#lives % this.#options.stormEvery === 1) {
      this.#storm = this.#options.chance.whole(...this.#options.stormSize)
    }
    this.#isSubsiding = this.#lives % (2 * this.#options.stormEvery) === this.#options.stormEvery
  }

  async end(): Promise<void> {
    this.#over = true
    await Promise.all(this.#running)
  }

  async #work(chance: Chance): Promise<void> {
    while (!this.#over) {
      await pause(chance.number(this.#options.pauseMs))
      if (this.#options.port() === null) continue
      if (this.#storm > 0) await this.#flood(chance)
      else if (this.#isSubsiding) await this.#subside()
      else if (this.#left > 0 && chance.is(0.3)) {
        this.#left--
        await this.#change(chance)
      } else await this.#repeat(chance)
    }
  }

  /** Some problems of a storm, in one body or one by one. */
  async #flood(chance: Chance): Promise<void> {
    const size = Math.min(this.#storm, chance.whole(1, 8))
    this.#storm -= size
    const fresh = Array.from({ length: size }, () =>
      this.#add('icinga', `st${this.#count % 5}`, chance, true),
    )
    await Promise.all(fresh.map((one) => this.#move(one, chance.one(SERVICE_STATES))))
  }

  async #subside(): Promise<void> {
    const some = this.watched
      .filter(({ host, state, busy }) => host.startsWith('st') && state !== null && !busy)
      .slice(0, 5)
    if (some.length === 0) this.#isSubsiding = false
    await Promise.all(some.map((one) => this.#move(one, null)))
  }

  async #change(chance: Chance): Promise<void> {
    const ofStorm = chance.is(0.2)
    const open = this.watched.filter(
      ({ host, state, busy, isEvent }) =>
        state !== null && !busy && !isEvent && host.startsWith('st') === ofStorm,
    )
    if ((open.length < 8 && !ofStorm) || (open.length < OPEN_MAX && !ofStorm && chance.is(0.35)))
      return this.#open(chance)
    if (open.length === 0) return
    const one = chance.one(open)
    if (chance.is(0.5)) return this.#move(one, null)
    return this.#move(one, one.service === null ? 'DOWN' : chance.one(SERVICE_STATES))
  }

  #open(chance: Chance): Promise<void> {
    const closed = this.watched.filter(({ state, busy, isEvent }) => state === null && !busy && !isEvent)
    const kind = chance.number(1)
    if (kind < 0.1) return this.#event(chance)
    if (kind < 0.4 && closed.length > 0) {
      const one = chance.one(closed)
      return this.#move(one, one.service === null ? 'DOWN' : chance.one(SERVICE_STATES))
    }
    const monitor = chance.is(0.6) ? 'icinga' : 'native'
    const down = this.watched.find(
      ({ service, state }) => service === null && state !== null && chance.is(0.5),
    )
    const one =
      down !== undefined && chance.is(0.4)
        ? this.#add(down.monitor, down.host.slice(0, -1), chance, true)
        : this.#add(monitor, chance.is(0.3) ? `two${this.#count}` : `one${this.#count}`, chance)
    return this.#move(one, one.service === null ? 'DOWN' : chance.one(SERVICE_STATES))
  }

  #add(monitor: Watched['monitor'], host: string, chance: Chance, service = chance.is(0.7)): Watched {
    const name = service ? `S${this.#count}x` : null
    const fresh = { monitor, host: `${host}h`, service: name, state: null, isEvent: false, busy: true }
    this.#count++
    this.watched.push(fresh)
    return fresh
  }

  async #event(chance: Chance): Promise<void> {
    const one = this.#add('native', `event${this.#count}`, chance, true)
    one.isEvent = true
    one.state = 'EVENT'
    const token = this.#token()
    const body = {
      type: 'EVENT',
      host: one.host,
      service: one.service,
      state: 'CRITICAL',
      output: token,
      id: token,
    }
    await this.#untilTaken('/notify', body, token)
    one.busy = false
  }

  /** A change of state: in the monitor first, then told. */
  async #move(one: Watched, state: string | null): Promise<void> {
    one.busy = true
    const token = this.#token()
    const { host, service } = one
    const told = state ?? (service === null ? 'UP' : 'OK')
    if (one.monitor === 'icinga')
      this.#options.standIn.set({ host, service, state: told as 'OK', output: `as read` })
    const { path, body } = bodyOf(one, told, token)
    await this.#untilTaken(path, { ...body, id: token }, token)
    this.#ids.push({ path, body: { ...body, id: token } })
    if (this.#ids.length > 20) this.#ids.shift()
    one.state = state
    one.busy = false
  }

  /** The same again, or the very same notification a second time. */
  async #repeat(chance: Chance): Promise<void> {
    const open = this.watched.filter(({ state, busy, isEvent }) => state !== null && !busy && !isEvent)
    if (open.length === 0) return
    const one = chance.one(open)
    if (chance.is(0.1)) {
      // Only of a check of which nothing was told since: it is known by its id alone, not by its order.
      const known = this.#ids.at(-1)
      if (known === undefined) return
      this.told.repeats++
      await this.#post(known.path, known.body, null)
      return
    }
    one.busy = true
    const token = this.#token()
    const { path, body } = bodyOf(one, one.state ?? 'OK', token)
    this.told.sent.add(token)
    await this.#post(path, body, token)
    one.busy = false
  }

  async #untilTaken(path: string, body: object, token: string): Promise<void> {
    this.told.sent.add(token)
    // What began is told to its end, also when the load is over: the server is started once more then.
    while (!(await this.#post(path, body, token))) await pause(15)
  }

  /** @returns true when it was taken, or never will be */
  async #post(path: string, body: object, token: string | null): Promise<boolean> {
    const port = this.#options.port()
    if (port === null) return false
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${NOTIFY_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      })
      const { codes, taken, refused } = this.told
      codes.set(answer.status, (codes.get(answer.status) ?? 0) + 1)
      if (answer.ok && token !== null) taken.add(token)
      if (answer.ok) this.#options.onTaken()
      const text = await answer.text().catch(() => '')
      if (answer.ok) return true
      if (answer.status === 503 || answer.status === 429) return false
      refused.push(`${answer.status} ${text}`)
      return true
    } catch {
      return false
    }
  }

  #token(): string {
    return `token-${this.told.sent.size + 1}.`
  }
}

function bodyOf(
  { monitor, host, service }: Watched,
  state: string,
  token: string,
): { path: string; body: Record<string, unknown> } {
  const isFine = state === 'OK' || state === 'UP'
  if (monitor === 'native') return { path: '/notify', body: { host, service, state, output: token } }
  return {
    path: '/notify/icinga',
    body: {
      cli: 1,
      type: service === null ? 'Host' : 'Service',
      notificationtype: isFine ? 'RECOVERY' : 'PROBLEM',
      hostname: host,
      ...(service === null ? { hoststate: state } : { servicedesc: service, servicestate: state }),
      output: token,
    },
  }
}
