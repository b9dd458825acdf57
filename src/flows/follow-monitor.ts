import { Failure } from '../core/failure.ts'
import type { Hint, MonitorApi } from '../core/monitor-api.ts'
import type { Clock, Log, Meter, Store } from '../core/ports.ts'
import { isFine } from '../core/state.ts'
import type { ReceiveContext } from '../core/turn.ts'
import { createAskMonitor, MonitorFailure } from './ask-monitor.ts'
import { type BringInLine, createBringInLine, type Look } from './bring-in-line.ts'
import { createWatchAbsence, type WatchAbsence } from './watch-absence.ts'

/** A monitor that does not answer is tried again after this, doubled up to the last; a good read ends it. */
const BACKOFF_FIRST_MS = 2_000
const BACKOFF_MAX_MS = 30_000
/** A monitor that asks for more is asked again sooner. */
const ASKED_TO_WAIT_MAX_MS = 10 * 60_000
/** Hints that come close together are followed in one go. */
const GATHER_MS = 200
/** Unknown problems that are looked up when somebody asks how the monitor is. */
const OTHERS_LOOKED_UP_MAX = 200
/** What a monitor tells that is older than this is no news. */
const OLD_NEWS_MS = 5 * 60_000

export type FollowOptions = {
  readonly name: string
  readonly api: MonitorApi
  readonly adopt: boolean
  readonly pollMs: number
  readonly store: Store
  readonly receive: Pick<ReceiveContext, 'newId' | 'route'>
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  /** It answers again after it did not. */
  readonly onBack: () => void
}

/** How a monitor is doing, for health and for people. */
export type MonitorStanding = {
  readonly word: 'ok' | 'not reachable' | 'refuses us' | 'tells old news' | 'cannot be read' | 'not asked yet'
  /** Since when it is so, epoch ms. */
  readonly since: number
  /** Problems that it has and we never heard of. */
  readonly unknown: number
}

/** Keeps what is known of one monitor's problems true. */
export type FollowMonitor = {
  start(): void
  /** Reads it now, and resolves when what follows is stored. */
  poll(): Promise<void>
  /** Another part spoke with it. */
  heard(failure: Failure | null): void
  standing(): MonitorStanding
  /** Resolves when nothing is being read. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Asks one monitor from time to time, and whenever it hints at a change, and brings our problems in line. */
export function createFollowMonitor(options: FollowOptions): FollowMonitor {
  return new Follower(options)
}

/** @returns when what was read is from, epoch ms; null when nothing had to be read */
type Job = () => Promise<number | null>

class Follower implements FollowMonitor {
  readonly #options: FollowOptions
  readonly #inLine: BringInLine
  readonly #absence: WatchAbsence
  #cancel: (() => void) | null = null
  #cancelHints: (() => void) | null = null
  #unwatch: (() => Promise<void>) | null = null
  /** What is being read and what is to be read after it, one after the other. */
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  #pollWaits = false
  #hintsWait = false
  #stopped = true
  #failures = 0
  /** Since when it answers without a break, epoch ms. */
  #answersSince: number | null = null
  /** What the monitor asked for when it last asked to slow down; 0 when it did not. */
  #askedToWaitMs = 0
  #hinted = new Set<string>()
  #standing: Omit<MonitorStanding, 'unknown'>
  /** Keys of problems that it has and we had not heard of when it was last read. */
  #others: readonly string[] = []

  constructor(options: FollowOptions) {
    this.#options = options
    this.#inLine = createBringInLine({ ...options, ask: createAskMonitor(options.api) })
    this.#absence = createWatchAbsence(options.name, options.clock, options.log)
    this.#standing = { word: 'not asked yet', since: options.clock.now() }
  }

  start(): void {
    const { api } = this.#options
    if (!api.capabilities.read) {
      this.#standing = { ...this.#standing, word: 'cannot be read' }
      return
    }
    this.#stopped = false
    this.#unwatch = api.watch?.((hint) => this.#hint(hint)) ?? null
    void this.poll()
  }

  poll(): Promise<void> {
    if (this.#stopped || this.#pollWaits) return this.#tail
    this.#pollWaits = true
    this.#cancel?.()
    this.#cancel = null
    return this.#enqueue(async () => {
      this.#pollWaits = false
      return this.#look()
    })
  }

  heard(failure: Failure | null): void {
    // What is refused of one check says nothing of the monitor.
    if (failure?.retry.kind === 'never') return
    if (failure !== null) void this.#enqueue(async () => this.#ill(failure))
    else if (this.#failures > 0) void this.poll()
  }

  standing(): MonitorStanding {
    const { store, name } = this.#options
    // Since it was read, notifications may have come.
    const looked = this.#others.slice(0, OTHERS_LOOKED_UP_MAX)
    const heard = store.checksByKey(name, looked).filter(({ problem }) => problem !== null)
    return { ...this.#standing, unknown: this.#others.length - heard.length }
  }

  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#tail
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    this.#cancelHints?.()
    await this.#unwatch?.()
    this.#unwatch = null
    await this.settled()
  }

  #enqueue(job: Job): Promise<void> {
    this.#waiting++
    this.#tail = this.#tail
      .then(async () => {
        const asOf = this.#stopped ? null : await job()
        if (asOf !== null) this.#well(asOf)
      })
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#waiting--
        this.#pollLater()
      })
    return this.#tail
  }

  async #failed(error: unknown): Promise<void> {
    const { log, name } = this.#options
    if (this.#stopped) return
    if (error instanceof MonitorFailure) await this.#ill(error.failure)
    else if (error instanceof Failure)
      log.warn({ monitor: name, err: error }, 'What a monitor says could not be stored. It is read again.')
    else log.error({ err: error, monitor: name }, 'A monitor could not be followed. It is tried again.')
  }

  #pollLater(): void {
    const { clock, pollMs } = this.#options
    if (this.#stopped || this.#pollWaits) return
    // A hint that was followed does not put off the next look at everything.
    if (this.#cancel !== null) return
    const backOff = Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(0, this.#failures - 1), BACKOFF_MAX_MS)
    const wait = this.#failures === 0 ? pollMs : Math.max(Math.min(backOff, pollMs), this.#askedToWaitMs)
    this.#cancel = clock.timer(wait, () => {
      this.#cancel = null
      void this.poll()
    })
  }

  #hint(hint: Hint): void {
    if (this.#stopped) return
    if (hint === 'all') {
      void this.poll()
      return
    }
    for (const key of hint) this.#hinted.add(key)
    if (this.#hintsWait) return
    this.#hintsWait = true
    this.#cancelHints = this.#options.clock.timer(GATHER_MS, () => {
      this.#cancelHints = null
      void this.#enqueue(async () => {
        this.#hintsWait = false
        const keys = [...this.#hinted]
        this.#hinted = new Set()
        return (await this.#inLine.some(keys)) ? this.#options.clock.now() : null
      })
    })
  }

  async #look(): Promise<number> {
    const { adopt } = this.#options
    const look = await this.#inLine.all()
    await this.#closeAbsent(look)
    const others = look.others.filter(({ hard, state }) => hard && !isFine(state))
    this.#others = adopt ? [] : others.map(({ key }) => key)
    const isOver = this.#options.api.capabilities.absence === 'over'
    if (adopt || isOver) await this.#inLine.readings(others, look.asOf)
    return look.asOf
  }

  async #closeAbsent(look: Look): Promise<void> {
    const { capabilities } = this.#options.api
    // A monitor that did not answer may have been started anew, and does not know everything yet.
    if (this.#answersSince === null || this.#failures > 0) this.#answersSince = look.asOf
    const means = {
      silenceMs: capabilities.silences?.lastsMs ?? null,
      answersSince: this.#answersSince,
    }
    const { over, lapsed } = this.#absence.look(look, capabilities.absence === 'over' ? means : null)
    await this.#inLine.readings(over, look.asOf)
    await this.#inLine.lapsed(lapsed)
  }

  /** Says so once to the operator, and on the card of everybody who waits for it. */
  async #ill(failure: Failure): Promise<null> {
    const { log, name, clock } = this.#options
    const word = failure.code === 'unauthorized' ? 'refuses us' : 'not reachable'
    if (this.#standing.word !== word) {
      this.#standing = { word, since: clock.now() }
      log.warn({ monitor: name, reason: failure.detail }, `${failure.message} It is tried again.`)
    }
    this.#failures++
    const { retry } = failure
    this.#askedToWaitMs = retry.kind === 'after' ? Math.min(retry.ms, ASKED_TO_WAIT_MAX_MS) : 0
    await this.#inLine.tellWaiting(failure.message)
    return null
  }

  #well(asOf: number): void {
    const { log, name, clock } = this.#options
    const wasIll = this.#failures > 0
    this.#failures = 0
    const word = clock.now() - asOf > OLD_NEWS_MS ? 'tells old news' : 'ok'
    if (this.#standing.word !== word) this.#standing = { word, since: clock.now() }
    if (!wasIll) return
    log.info({ monitor: name }, `${name} answers again.`)
    this.#options.onBack()
  }
}
