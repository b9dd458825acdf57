/** A person, or what acts in nobody's name (a monitor's contact, an expiry). `id` is null when only a name is known. */
export type Actor = { readonly id: string | null; readonly name: string }

/** Through what something was done. */
export type Through = 'button' | 'command' | 'modal' | 'home' | 'api' | 'monitor' | 'reminder' | 'expiry'

/**
 * How far an acknowledgement, its removal or a downtime got on its way to the monitor. `sent` cannot be read back;
 * `not_supported` is kept here only.
 */
export type HandOver =
  | 'requested'
  | 'sent'
  | 'confirmed'
  | 'already'
  | 'not_a_problem'
  | 'failed'
  | 'not_supported'

/** The end of something of ours that the monitor has to be told of, while it has not agreed. Times in epoch ms. */
export type Ending = {
  /** Null when its time is up. */
  readonly by: Actor | null
  readonly at: number
  readonly through: Through
  readonly because: 'person' | 'expiry'
  readonly handOver: 'requested' | 'failed'
  readonly reason: string | null
  readonly retrying: boolean
}

/** An acknowledgement that was made in the monitor, by what can be read of it. */
export type TheirWords = { readonly by: string | null; readonly comment: string | null }

/** Earlier acknowledgements of ours that may be there, or one of theirs. */
export type Predecessor = { readonly ids: readonly string[] } | TheirWords

/** Predecessors that are remembered; each is one more thing to look for in the monitor. */
export const PREDECESSORS_MAX = 10

/** Who takes a problem. Times in epoch ms. */
export type Acknowledgement = {
  /** UUIDv7; what is written into the monitor carries a mark made of it. Empty when it was made there. */
  readonly id: string
  readonly by: Actor
  readonly at: number
  readonly through: Through
  readonly comment: string | null
  /** Sticky ones last to recovery, others end with the next change of state. */
  readonly sticky: boolean
  /** The monitor keeps the comment after the acknowledgement ends. */
  readonly persistent: boolean
  /** The monitor notifies its other contacts of it. */
  readonly notify: boolean
  readonly until: number | null
  readonly handOver: HandOver
  /** When the hand-over last got on, epoch ms; what was read before says nothing of it. */
  readonly handedAt: number
  /** Why it failed, or whose the monitor has already: one sentence that is safe to show. */
  readonly reason: string | null
  /** It failed and is tried again by itself. */
  readonly retrying: boolean
  /** What it takes the place of in the monitor; anything else there is left alone. */
  readonly replaces: Predecessor | null
  /** Whose the monitor has instead, where that was said. */
  readonly theirs: TheirWords | null
  /** Made in the monitor, not by us. */
  readonly foreign: boolean
  /** It is to end, and stands until the monitor agrees. */
  readonly ending: Ending | null
}

/** What the record says of an acknowledgement that was kept before these were. */
export const ACKNOWLEDGEMENT_DEFAULTS = {
  id: '',
  handedAt: 0,
  reason: null,
  retrying: false,
  replaces: null,
  theirs: null,
  ending: null,
} as const

/** Characters of a comment that are kept; Slack's own input field takes 3000. */
export const COMMENT_MAX_CHARS = 3000

/** @returns an acknowledgement that was made in the monitor */
export function foreignAcknowledgement(
  by: string | null,
  comment: string | null,
  times: { readonly at: number; readonly until: number | null; readonly now: number },
  sticky = true,
): Acknowledgement {
  return {
    id: '',
    by: { id: null, name: by ?? 'somebody' },
    at: times.at,
    through: 'monitor',
    comment,
    sticky,
    persistent: false,
    notify: false,
    until: times.until,
    handOver: 'confirmed',
    handedAt: times.now,
    reason: null,
    retrying: false,
    replaces: null,
    theirs: null,
    foreign: true,
    ending: null,
  }
}
