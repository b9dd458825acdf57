import type { Changes } from './changes.ts'
import type { Order, Priority, Reply, ThreadEvent } from './effect.ts'
import type { Failure } from './failure.ts'
import type { Progress } from './hand-over.ts'
import type { HistoryEntry, HistoryKind, HistoryRow } from './history.ts'
import type { MonitorApi } from './monitor-api.ts'
import type { Notification } from './notification.ts'
import type { Check, CheckState, ProblemView } from './problem.ts'
import type { ReportRow } from './report.ts'
import type { State } from './state.ts'
import type { ReachedHosts, StormView } from './storm.ts'

/** Time. Whole-app tests bring one that they advance by hand. */
export type Clock = {
  /** Epoch ms. */
  now(): number
  /** Ms since some moment; never steps back. */
  monotonic(): number
  /** Calls `fire` once after `ms`. @returns a function that cancels it */
  timer(ms: number, fire: () => void): () => void
}

/** A logger in the manner of pino: facts first, then a sentence. Facts hold no secret. */
export type Log = {
  debug(facts: object, sentence: string): void
  info(facts: object, sentence: string): void
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}

/** Counters by name. Labels are of few values: never a host, a service, a person or a key. */
export type Meter = {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  observe(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void
}

/** What one unit of work wants to see before it decides. */
export type Keys = {
  readonly notifications?: readonly Notification[]
  /** Checks by name, where there is no notification. */
  readonly checks?: readonly CheckName[]
  /** Ids of problems. */
  readonly problems?: readonly string[]
  /** What identifies a person's action; a second unit with the same one sees `repeated`. */
  readonly interaction?: string | null
}

export type CheckName = { readonly monitor: string; readonly key: string }

export type Loaded = {
  /** @returns a check that was asked for, by itself or by a notification; null if it was never heard of */
  check(name: CheckName): CheckState | null
  /** @returns when a notification with the same sender's id was received, epoch ms */
  seenAt(notification: Notification): number | null
  problem(id: string): ProblemView | null
  readonly repeated: boolean
}

export type Decision<Answer> = { readonly changes: Changes; readonly answer: Answer }

export type ProblemFilter = {
  readonly monitor?: string | undefined
  /** Name or display name, ignoring case; `*` and `?` match as in a glob. */
  readonly host?: string | undefined
  readonly states?: readonly State[] | undefined
  readonly taken?: 'yes' | 'no' | undefined
  /** Only what this person has. */
  readonly takenBy?: string | undefined
}

export type ProblemCounts = {
  readonly open: number
  readonly untaken: number
  readonly byState: readonly {
    readonly state: State | null
    readonly open: number
    readonly untaken: number
  }[]
}

export type HistoryFilter = {
  readonly monitor?: string | undefined
  readonly host?: string | undefined
  readonly service?: string | undefined
  /** Epoch ms, by when it was recorded. */
  readonly since?: number | undefined
  readonly problem?: string | undefined
  readonly kinds?: readonly HistoryKind[] | undefined
}

/** `since`: epoch ms; the whole UTC day that it falls on counts. */
export type ReportFilter = { readonly since: number; readonly monitor?: string | undefined }

export type Page<Row> = { readonly rows: readonly Row[]; readonly cursor: string | null }

/** Questions that change nothing. Synchronous: each is a few index look-ups. */
export type Queries = {
  problem(id: string): ProblemView | null
  /** Where the oldest card of a problem is; null when there is no such problem, or nothing shows it. */
  cardOf(id: string): { readonly channel: string; readonly ts: string | null } | null
  /** Open problems, worst first, then oldest. */
  problems(filter: ProblemFilter, limit: number, cursor?: string | null): Page<ProblemView>
  counts(filter: ProblemFilter): ProblemCounts
  /** Open problems of a monitor, in the order of their rows; `after` is the last row seen. */
  problemsOf(monitor: string, after: number, limit: number): readonly ProblemView[]
  /** Checks of a monitor by key, those that are known. */
  checksByKey(monitor: string, keys: readonly string[]): readonly CheckState[]
  /** Every check of a host known by this name or display name, ignoring case, with its open problem. */
  checksOfHost(host: string, monitor: string | null): readonly CheckState[]
  /** Names of hosts, those with open problems first; at most `limit`. */
  hostNames(limit: number): readonly string[]
  /** Newest first. */
  history(filter: HistoryFilter, limit: number, cursor?: string | null): Page<HistoryRow>
  /** How soon problems were taken and how long they lasted: one row a monitor and kind, by kind, then by name. */
  report(filter: ReportFilter): readonly ReportRow[]
  /** When the next acknowledgement ends, epoch ms. */
  nextExpiry(): number | null
  /** Ids of open problems whose acknowledgement has ended by then. */
  expired(now: number, limit: number): readonly string[]
}

export type Store = Queries & {
  /**
   * Loads what `keys` name, lets `decide` look at it, writes the changes and answers when they are on disk: all of them
   * or none. `decide` is synchronous and pure and may be called again.
   *
   * @throws Failure `unavailable` when it could not be written; nothing of it was
   */
  decide<Answer>(keys: Keys, decide: (loaded: Loaded, now: number) => Decision<Answer>): Promise<Answer>
  /** Writes lines into the record that belong to nothing else. @throws Failure like `decide` */
  record(entries: readonly HistoryEntry[]): Promise<void>
}

/** All of a storm, or what it has of one host. */
export type StormScope = {
  readonly storm: string
  readonly monitor: string | null
  readonly host: string | null
}

/** Storms as people look at them. */
export type StormStore = {
  /** Open problems of a storm, and those that nobody has. */
  size(scope: StormScope): { readonly open: number; readonly untaken: number }
  /** Open problems, worst first, then oldest. */
  list(storm: string, offset: number, limit: number): readonly ProblemView[]
  /** The host of a check. @param check its row */
  hostOf(check: number): { readonly monitor: string; readonly host: string } | null
}

/**
 * Where effects wait: a channel's, the private answers', or a monitor's. Within a lane of Slack they go out one at a time;
 * within one of a monitor one at a time for each check.
 */
export type Lane = string
export const REPLY_LANE: Lane = 'reply'

/** @returns the lane of a monitor's orders */
export function laneOfMonitor(monitor: string): Lane {
  return `monitor:${monitor}`
}

export function isLaneOfMonitor(lane: Lane): boolean {
  return lane.startsWith('monitor:')
}

/** The monitors that can be told and asked, as delivery sees them. */
export type Monitors = {
  /** @returns null when there is no such monitor, or no way to it */
  api(name: string): MonitorApi | null
  /** Hears how a call went; null: well. */
  heard(name: string, failure: Failure | null): void
}

export type CardRef = {
  /** UUIDv7; stands in the message's metadata, so that a lost answer can be looked up. */
  readonly id: string
  readonly channel: string
  /** Slack's id of the message; null until it is posted. */
  readonly ts: string | null
  readonly mention: readonly string[]
  readonly quiet: boolean
  /** Nobody has seen it yet, and it waits to be posted since then, epoch ms. */
  readonly waitsSince?: number
  /** It stands here because these channels take nothing from us; `why` in Slack's word. */
  readonly meantFor?: readonly { readonly channel: string; readonly why: string }[]
  /** Of an event: all open ones of the same service, itself included, and on how many hosts they are. */
  readonly alike?: { readonly events: number; readonly hosts: number }
  /** Of a host: problems of its services that its card shows in their place, worst first. */
  readonly folded?: {
    readonly byState: readonly { readonly state: State | null; readonly open: number }[]
    /** Names of the worst. */
    readonly names: readonly string[]
  }
}

/** An effect on its way out. */
export type Claimed<Work extends AnyWork = AnyWork> = {
  readonly row: number
  readonly id: string
  readonly lane: Lane
  readonly priority: Priority
  readonly attempts: number
  readonly created: number
  /** An attempt was made at this time whose answer was lost, epoch ms; look before doing it again. */
  readonly ambiguousSince: number | null
  readonly work: Work
}

/** What goes to Slack. */
export type MessageWork =
  | { readonly kind: 'post' | 'update'; readonly card: CardRef; readonly view: ProblemView }
  | {
      readonly kind: 'thread'
      readonly card: CardRef
      readonly view: ProblemView
      readonly event: ThreadEvent
      readonly rings: boolean
    }
  | { readonly kind: 'reply'; readonly url: string; readonly reply: Reply }
  | StormWork

/** The card of a storm, or a line of its thread that rings. */
export type StormWork =
  | (UpTo & { readonly kind: 'storm'; readonly card: CardRef; readonly storm: StormView })
  | (UpTo & { readonly kind: 'storm-line'; readonly card: CardRef; readonly reached: ReachedHosts })

/** `upto`: row of the newest problem that it knows of; `uptoThen`: that an attempt knew of whose answer was lost. */
type UpTo = { readonly upto: number; readonly uptoThen: number }

/** What an effect is when it goes out. */
export type AnyWork = MessageWork | OrderWork

/** What a monitor is to be told, with the check as it is now. */
export type OrderWork = {
  readonly kind: 'order'
  readonly order: Order
  readonly check: Check
  /** Null when the check had no open problem. */
  readonly view: ProblemView | null
  /** How far earlier attempts got. */
  readonly progress: Progress | null
}

/** How an effect goes out, which is what Slack's rates are about. */
export type Method = 'post' | 'update' | 'thread' | 'reply' | 'order'

/** @returns how this goes out */
export function methodOf(work: AnyWork): Method {
  if (work.kind === 'storm-line') return 'thread'
  if (work.kind === 'storm') return work.card.ts === null ? 'post' : 'update'
  return work.kind
}

export type Settlement =
  /**
   * `ts`: the message that a post made. `found`: that an attempt before had made, whose answer was lost. `plainly`: why it
   * could be said in bare words only.
   */
  | { readonly kind: 'done'; readonly ts: string | null; readonly found?: true; readonly plainly?: string }
  | { readonly kind: 'retry'; readonly at: number; readonly ambiguous: boolean; readonly error: string }
  /** An order goes on later: to look, or to try again (`error` says why). */
  | {
      readonly kind: 'go-on'
      readonly at: number
      readonly progress: Progress
      readonly error: string | null
    }
  /** The message is gone; a fresh one is to be posted. */
  | { readonly kind: 'repost' }
  /** `again`: one of what is parked so in a lane is tried then, epoch ms; without it only a person or a change wakes it. */
  | { readonly kind: 'park'; readonly error: string; readonly again?: number }
  /** The card's channel takes nothing: the card, and what waits for its thread, goes to another. */
  | { readonly kind: 'move'; readonly to: string; readonly error: string }
  /** Too late to be of use. `refused`: its channel takes nothing; where the other cards go, null when there is no such place. */
  | { readonly kind: 'drop'; readonly error: string; readonly refused?: { readonly others: string | null } }

export type ParkedEffect = {
  readonly id: string
  readonly lane: Lane
  readonly kind: Method
  readonly state: string
  readonly attempts: number
  readonly created: number
  readonly error: string | null
  readonly problem: string | null
}

export type ParkedCount = { readonly lane: Lane; readonly error: string | null; readonly count: number }

/** A decision that goes with a settlement. */
export type Follow = { readonly keys: Keys; readonly decide: (loaded: Loaded, now: number) => Changes }

export type OrdersWanted = {
  readonly most: number
  /**
   * `urgent`: only what goes first, such as what a person does by themself. `least-tried`: those first that were tried
   * least, so that what fails each time keeps nothing else from showing whether the monitor is well.
   */
  readonly of: 'all' | 'urgent' | 'least-tried'
}

export type Outbox = {
  /** Takes the first due effect of a lane of Slack by lease, leaving out the methods named. */
  claim(lane: Lane, without: readonly Method[], leaseMs: number): Promise<Claimed | null>
  /**
   * Takes the first due orders of a monitor's lane by lease. Of each check only one is out at a time, so that orders about
   * it are carried out one after the other.
   */
  claimOrders(lane: Lane, leaseMs: number, which: OrdersWanted): Promise<readonly Claimed[]>
  /** @param follow what else changes with it, in the same piece */
  settle(claimed: Claimed, settlement: Settlement, follow?: Follow): Promise<void>
  /** What waits in a lane because it failed is due at once. */
  hurry(lane: Lane): Promise<void>
  /** Lanes where something waits, and when the first of it is due, epoch ms. */
  lanes(): readonly { readonly lane: Lane; readonly due: number }[]
  /** When the next effect of a lane gets due after `after`, epoch ms; null when none does. */
  nextDue(lane: Lane, after: number): number | null
  depth(): { readonly waiting: number; readonly parked: number; readonly oldest: number | null }
  list(limit: number): readonly ParkedEffect[]
  /**
   * Goes on with the cards of open problems in a channel that takes nothing: those among the next problems go to another.
   *
   * @param after row of the last problem that was looked at; 0 at first
   * @returns the row to go on from; null when all are through
   */
  moveOthers(from: string, to: string, error: string, after: number): Promise<number | null>
  /**
   * One effect of each lane that is parked for its channel, and whose time has come, is due.
   *
   * @param again when it is the next one's turn, epoch ms
   * @returns those lanes
   */
  probe(again: number): Promise<readonly Lane[]>
  /** When there is something to probe, epoch ms; null when nothing is parked for its channel. */
  nextProbe(): number | null
  /**
   * The channel takes messages again: some of what is parked for that is due, and so are cards there that do not say yet
   * that what they show is over.
   *
   * @returns how many; 0 when it was all
   */
  resume(lane: Lane): Promise<number>
  /** Channels with cards that do not say yet that what they show is over. */
  stale(): readonly Lane[]
  /** What is parked, by lane and error, most first; at most `limit` of them. */
  parked(limit: number): readonly ParkedCount[]
  /** Changes whenever another process has written. */
  version(): number
  /** Calls `listener` after each commit that put work into lanes. */
  onWork(listener: (lanes: ReadonlySet<Lane>) => void): void
}

/** How a message is said: as it is meant to look, or in bare words where Slack refuses that. */
export type Form = 'full' | 'plain'

/** Slack, as delivery sees it. Each method throws a classified Failure. */
export type Chat = {
  /** @returns the ts of the new message */
  post(card: CardRef, view: ProblemView, now: number, form: Form): Promise<string>
  update(card: CardRef, view: ProblemView, now: number, form: Form): Promise<void>
  /** @returns the ts of the new line; `effectId` stands in its metadata */
  thread(
    card: CardRef,
    view: ProblemView,
    event: ThreadEvent,
    rings: boolean,
    effectId: string,
    form: Form,
  ): Promise<string>
  /** Looks for a message with our id in its metadata. @returns its ts, null if there is none, `unknown` if we may not look */
  find(card: CardRef, effectId: string | null, since: number): Promise<string | null | 'unknown'>
  reply(url: string, reply: Reply): Promise<void>
  /** Posts a storm's card where it has no ts yet, edits it else. @returns its ts */
  storm(card: CardRef, storm: StormView, now: number, form: Form): Promise<string>
  /** Calls people for hosts that the storm has reached. @returns the ts of the new line */
  stormLine(
    card: CardRef,
    reached: ReachedHosts,
    rings: boolean,
    effectId: string,
    form: Form,
  ): Promise<string>
}
