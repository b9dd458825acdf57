import type { State } from './state.ts'

/*
 * How we talk back to a monitor, whichever it is. The kinds implement this, delivery and the flows use it, and neither
 * knows the other. Each call does one thing once and throws a classified Failure when it could not; whether it is tried
 * again is decided elsewhere.
 */

/** What a call is about, in the monitor's own names. */
export type Target = {
  readonly key: string
  readonly host: string
  readonly service: string | null
  /** The monitor's own id of the problem, where it has one. */
  readonly episode: string | null
  readonly labels: Readonly<Record<string, string>> | null
}

/** What is written into the monitor: in whose name, what, and our mark (see `marker.ts`). */
export type Words = {
  /** The person's name, as the monitor is to show it. */
  readonly author: string
  /** Never empty, without our mark; the kind makes it harmless and cuts it to what its monitor takes. */
  readonly comment: string
  /** Has to stand whole in the comment, whatever is cut. */
  readonly marker: string
}

export type AcknowledgeOrder = Words & {
  readonly sticky: boolean
  readonly persistent: boolean
  readonly notify: boolean
  /** Epoch ms; null: until it ends by itself. Given only where the kind says that its monitor ends it (`expires`). */
  readonly until: number | null
  /** There is an acknowledgement already, and this one is to take its place. */
  readonly replace: boolean
}

export type DowntimeOrder = Words & {
  /** Epoch ms. */
  readonly from: number
  readonly until: number
}

/** A downtime as it is removed: what was ordered, and what the monitor calls it. */
export type KnownDowntime = DowntimeOrder & { readonly reference: string | null }

/**
 * What came of an order. `taken`: the monitor took the order; whether it did it is for the next reading to say. The other
 * two are its own words for why there was nothing to do.
 */
export type OrderAnswer = 'taken' | 'already' | 'not_a_problem'

/** A comment with which somebody acknowledged in the monitor. */
export type AcknowledgementReading = {
  /** Null where the monitor does not say. */
  readonly author: string | null
  /** As it stands there, with our mark if it has one. */
  readonly comment: string | null
  /** Epoch ms by the monitor's clock. */
  readonly at: number | null
  readonly until: number | null
  readonly sticky: boolean | null
}

export type DowntimeReading = {
  /** What the monitor calls it, for its removal. */
  readonly reference: string
  readonly author: string | null
  readonly comment: string | null
  /** Epoch ms by the monitor's clock; null where it tells them only in words. */
  readonly from: number | null
  readonly until: number | null
}

/** One check as the monitor has it. */
export type CheckReading = {
  readonly key: string
  readonly host: string
  readonly service: string | null
  readonly hostDisplayName: string | null
  readonly serviceDisplayName: string | null
  readonly state: State
  /** False while the monitor is still making sure (a soft state, or not yet checked). */
  readonly hard: boolean
  readonly output: string
  /** Since when it is in this state, epoch ms by the monitor's clock; null when it does not say. */
  readonly since: number | null
  readonly acknowledged: boolean
  /** The newest acknowledgement's words; null when there is none or the monitor does not tell them. */
  readonly acknowledgement: AcknowledgementReading | null
  readonly inDowntime: boolean
  /** Null where reading them takes a call of its own that this reading did not make. */
  readonly downtimes: readonly DowntimeReading[] | null
  /** Null when the monitor does not say. */
  readonly isFlapping: boolean | null
}

export type Reading = {
  /**
   * What is read is no older than this, epoch ms by our clock: taken before the question was sent, less the age of what
   * the monitor answers from.
   */
  readonly asOf: number
  /** By key. What was asked for and is not here the monitor does not know, or we may not see it. */
  readonly checks: ReadonlyMap<string, CheckReading>
  /** Since when the monitor runs, epoch ms by our clock: just after a start it does not know everything yet. */
  readonly upSince?: number | null
}

/** What a monitor can do and what it cannot, as it is configured. Shown to people and relied on by delivery. */
export type Capabilities = {
  readonly acknowledge: boolean
  readonly remove: boolean
  readonly comment: boolean
  readonly downtime: boolean
  readonly removeDowntime: boolean
  /** Without this an order ends as `sent`, and nothing that happens there is noticed by itself. */
  readonly read: boolean
  /** The monitor itself ends an acknowledgement at its time. */
  readonly expires: boolean
  /** The person stands as the author there; false: the name stands in the comment. */
  readonly author: boolean
  /** Choices that the form offers because they mean something there. */
  readonly sticky: boolean
  readonly persistent: boolean
  readonly notify: boolean
  /**
   * Set where acknowledging means silencing: it lasts so many ms, has to be renewed while the problem does, and to be taken
   * away when the problem is over, or the next one would be mute.
   */
  readonly silences?: { readonly lastsMs: number }
  /** Set where what is not listed any more is over, once it stays away. Elsewhere absence means nothing. */
  readonly absence?: 'over'
}

/** One thing `doctor` tried. */
export type Finding = {
  /** What was tried, such as `reach`, `credentials`, `right to acknowledge`, `read`. */
  readonly what: string
  readonly ok: boolean
  /** What was found, one sentence without any secret. */
  readonly found: string
  /** What to do about it; null when all is well. */
  readonly advice: string | null
}

/** Which checks may have changed. `all`: it is not known, such as after the connection was away. */
export type Hint = readonly string[] | 'all'

/** A monitor that can be told and asked. */
export type MonitorApi = {
  readonly capabilities: Capabilities
  acknowledge(target: Target, order: AcknowledgeOrder): Promise<OrderAnswer>
  /**
   * @param by the person's name, for monitors that record it
   * @param marker of ours, where only ours is to go; null: whichever there is
   */
  removeAcknowledgement(target: Target, by: string, marker: string | null): Promise<OrderAnswer>
  comment(target: Target, words: Words): Promise<void>
  /**
   * Looks for a comment on this check by our mark. Absent: comments cannot be read there. `unknown`: not by our user, or not
   * at the moment.
   */
  findComment?(target: Target, marker: string): Promise<'there' | 'absent' | 'unknown'>
  /** @returns what the monitor calls it, null when it does not say */
  scheduleDowntime(target: Target, order: DowntimeOrder): Promise<string | null>
  removeDowntime(target: Target, downtime: KnownDowntime): Promise<void>
  /** Reads some checks, with their acknowledgements and downtimes. */
  read(targets: readonly Target[]): Promise<Reading>
  /**
   * Reads everything that is not well at the moment. May leave an acknowledgement's words and downtimes out (null) where
   * they take a call for each.
   */
  readProblems(): Promise<Reading>
  /** Tries reach, credentials, rights and a read, each as far as it can be tried without changing anything. Never throws. */
  examine(): Promise<readonly Finding[]>
  /**
   * Listens to what happens there, where the monitor can tell; reconnects by itself and gives the hint `all` after each
   * gap. Absent: it is asked from time to time.
   *
   * @returns a function that stops listening; resolves when nothing is left open
   */
  watch?(onHint: (hint: Hint) => void): () => Promise<void>
  /** Lets connections go. */
  close(): Promise<void>
}
