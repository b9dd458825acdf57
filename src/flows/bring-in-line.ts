import { type Changes, NO_CHANGES } from '../core/changes.ts'
import type { Result } from '../core/hand-over.ts'
import { handedOver } from '../core/handed-over.ts'
import type { CheckReading, Reading, Target } from '../core/monitor-api.ts'
import type { Clock, Meter, Store } from '../core/ports.ts'
import type { CheckState, ProblemView } from '../core/problem.ts'
import { reconcile } from '../core/reconcile.ts'
import { targetOf } from '../core/target.ts'
import type { ReceiveContext } from '../core/turn.ts'
import type { AskMonitor } from './ask-monitor.ts'

/** Problems of ours that are looked at in one piece. */
const PAGE = 500
/** Checks that are read by name in one call of the kind, which divides them: Icinga tells all comments in each. */
const READ_AT_ONCE = 500
/** Checks that are decided about side by side. */
const DECIDE_AT_ONCE = 100
/** Acknowledgements whose words are read again at each look, in turn: a list may not tell that they changed hands. */
const WORDS_AT_ONCE = 20

export type BringInLineOptions = {
  readonly name: string
  readonly ask: AskMonitor
  readonly adopt: boolean
  readonly store: Store
  readonly receive: Pick<ReceiveContext, 'newId' | 'route'>
  readonly clock: Clock
  readonly meter: Meter
}

/** What a look at everything found besides what was brought in line. */
export type Look = {
  /** No older than this, epoch ms. */
  readonly asOf: number
  /** Our open problems of this monitor. */
  readonly open: number
  /** Those of them that the monitor does not know, or does not let us see. */
  readonly absent: readonly ProblemView[]
  /** What it listed that is not ours. */
  readonly others: readonly CheckReading[]
  readonly upSince: number | null
}

/** Reads a monitor and brings our problems in line with it. */
export type BringInLine = {
  /** Everything: what is not well there, and what is open here. */
  all(): Promise<Look>
  /** Some checks. @returns false when there was nothing to ask */
  some(keys: readonly string[]): Promise<boolean>
  /** Readings that are at hand. */
  readings(readings: readonly CheckReading[], asOf: number): Promise<void>
  /** Says on each card that what was confirmed is there no longer. */
  lapsed(views: readonly ProblemView[]): Promise<void>
  /** Says on the card of each that waits to be handed over why it waits. */
  tellWaiting(reason: string): Promise<void>
}

export function createBringInLine(options: BringInLineOptions): BringInLine {
  return new Liner(options)
}

class Liner implements BringInLine {
  readonly #options: BringInLineOptions
  /** Where the next turn of those begins whose words are read again. */
  #turn = 0

  constructor(options: BringInLineOptions) {
    this.#options = options
  }

  async all(): Promise<Look> {
    const all = await this.#options.ask.readProblems()
    this.#turn += WORDS_AT_ONCE
    const ours = new Set<string>()
    const absent: ProblemView[] = []
    let open = 0
    for (const views of this.#pagesOfOurs()) {
      for (const { check } of views) ours.add(check.key)
      const followed = views.filter(({ problem }) => !problem.isEvent)
      open += followed.length
      absent.push(...(await this.#page(followed, all)))
    }
    const others = [...all.checks.values()].filter(({ key }) => !ours.has(key))
    return { asOf: all.asOf, open, absent, others, upSince: all.upSince ?? null }
  }

  /** Only what is open here can have changed for us, unless what was never heard of is taken over. */
  async some(keys: readonly string[]): Promise<boolean> {
    const { store, name, adopt } = this.#options
    const known = new Map(store.checksByKey(name, keys).map((state) => [state.check.key, state]))
    const targets = keys.flatMap((key) => {
      const state = known.get(key)
      if (state?.problem != null) return [targetOf(state.check, state.problem)]
      return adopt ? [targetOf(state?.check ?? { key, host: key, service: null, labels: null }, null)] : []
    })
    if (targets.length > 0) await this.#readByName(targets)
    return targets.length > 0
  }

  /** Decides only about what differs, so that a quiet look writes nothing. */
  async readings(some: readonly CheckReading[], asOf: number): Promise<void> {
    const { store, name, clock, meter } = this.#options
    const keys = some.map(({ key }) => key)
    const known = new Map(store.checksByKey(name, keys).map((state) => [state.check.key, state]))
    const now = clock.now()
    const differing = some.filter(
      (reading) => this.#differences(known.get(reading.key) ?? null, reading, asOf, now) !== NO_CHANGES,
    )
    for (let from = 0; from < differing.length; from += DECIDE_AT_ONCE) {
      await Promise.all(
        differing.slice(from, from + DECIDE_AT_ONCE).map((reading) => {
          const check = { monitor: name, key: reading.key }
          return store.decide({ checks: [check] }, (loaded, at) => ({
            changes: this.#differences(loaded.check(check), reading, asOf, at),
            answer: undefined,
          }))
        }),
      )
    }
    if (differing.length > 0) meter.count('ackbridge_reconciled_total', {}, differing.length)
  }

  async lapsed(views: readonly ProblemView[]): Promise<void> {
    const confirmed = views.filter(({ problem }) => isConfirmed(problem))
    await this.#tell(confirmed, isConfirmed, { is: 'not_a_problem' })
  }

  async tellWaiting(reason: string): Promise<void> {
    for (const views of this.#pagesOfOurs()) {
      const waiting = views.filter(({ problem }) => isWaiting(problem))
      await this.#tell(waiting, isWaiting, { is: 'failed', reason, retrying: true })
    }
  }

  async #tell(
    views: readonly ProblemView[],
    isStill: (problem: ProblemView['problem']) => boolean,
    result: Result,
  ): Promise<void> {
    await Promise.all(
      views.map(({ problem: { id } }) =>
        this.#options.store.decide({ problems: [id] }, (loaded, now) => {
          const view = loaded.problem(id)
          const changes =
            view !== null && isStill(view.problem) ? handedOver(view, result, now).changes : NO_CHANGES
          return { changes, answer: undefined }
        }),
      ),
    )
  }

  #differences(state: CheckState | null, reading: CheckReading, asOf: number, now: number): Changes {
    const { name, adopt, receive, ask } = this.#options
    const context = { ...receive, now }
    const { silences, absence } = ask.capabilities
    const [lastsMs, reopens] = [silences?.lastsMs ?? null, absence === 'over']
    return reconcile(state, { monitor: name, reading, asOf, adopt, context, lastsMs, reopens })
  }

  /** @returns the keys of what was read */
  async #readByName(targets: readonly Target[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (let from = 0; from < targets.length; from += READ_AT_ONCE) {
      const { checks, asOf } = await this.#options.ask.read(targets.slice(from, from + READ_AT_ONCE))
      for (const key of checks.keys()) found.add(key)
      await this.readings([...checks.values()], asOf)
    }
    return found
  }

  /** @returns those that the monitor does not know */
  async #page(views: readonly ProblemView[], all: Reading): Promise<readonly ProblemView[]> {
    const now = this.#options.clock.now()
    const clear: CheckReading[] = []
    const unclear: ProblemView[] = []
    const wordless: ProblemView[] = []
    for (const view of views) {
      const reading = all.checks.get(view.check.key)
      if (reading === undefined || needsMore(view, reading, now)) unclear.push(view)
      else {
        clear.push(reading)
        if (reading.acknowledged && reading.acknowledgement === null) wordless.push(view)
      }
    }
    await this.readings(clear, all.asOf)
    const inTurn = rotate(wordless, this.#turn).slice(0, WORDS_AT_ONCE)
    const targets = [...unclear, ...inTurn].map(({ check, problem }) => targetOf(check, problem))
    const found = await this.#readByName(targets)
    return unclear.filter(({ check }) => !found.has(check.key))
  }

  *#pagesOfOurs(): Generator<readonly ProblemView[]> {
    const { store, name } = this.#options
    for (let after = 0; ; ) {
      const views = store.problemsOf(name, after, PAGE)
      yield views
      const last = views.at(-1)
      if (last === undefined || views.length < PAGE) return
      after = last.problem.row
    }
  }
}

/** Ours, and there when it was last read. */
function isConfirmed({ acknowledgement: held, closed }: ProblemView['problem']): boolean {
  return closed === null && held?.handOver === 'confirmed' && held.ending === null
}

function isWaiting({ acknowledgement: held, closed }: ProblemView['problem']): boolean {
  return held !== null && closed === null && (held.ending ?? held).handOver === 'requested'
}

/** An acknowledgement that is news to us is shown with its author, and our downtimes are known by name only. */
function needsMore({ problem, check }: ProblemView, reading: CheckReading, now: number): boolean {
  const { downtime } = check
  if (downtime !== null && (downtime.until <= now || reading.downtimes === null)) return true
  if (!reading.acknowledged || reading.acknowledgement !== null) return false
  const held = problem.acknowledgement
  return held === null || (held.handOver !== 'confirmed' && held.handOver !== 'requested')
}

function rotate<One>(list: readonly One[], by: number): readonly One[] {
  const from = by % Math.max(1, list.length)
  return [...list.slice(from), ...list.slice(0, from)]
}
