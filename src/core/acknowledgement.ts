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

/** Who takes a problem. Times in epoch ms. */
export type Acknowledgement = {
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
  /** Made in the monitor, not by us. */
  readonly foreign: boolean
}

/** Characters of a comment that are kept; Slack's own input field takes 3000. */
export const COMMENT_MAX_CHARS = 3000
