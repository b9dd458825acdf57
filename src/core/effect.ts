import type { Actor, HandOver } from './acknowledgement.ts'
import type { NotificationType } from './notification.ts'
import type { Refusal } from './refusal.ts'
import type { State } from './state.ts'

/**
 * What goes first when not everything can go at once; smaller is sooner. People who act wait for their answer; a first
 * card is worth more than news of a known one; a count that rises is worth least.
 */
export const PRIORITY = { person: 0, post: 1, change: 2, thread: 3, count: 4 } as const
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

/** One line of a problem's story, told in the card's thread. */
export type ThreadEvent =
  | {
      readonly what: 'changed'
      readonly at: number
      readonly from: State | null
      readonly to: State | null
      readonly output: string
    }
  | {
      readonly what: 'reminded'
      readonly at: number
      readonly state: State | null
      readonly output: string
      readonly count: number
    }
  | {
      readonly what: 'closed'
      readonly at: number
      readonly state: State | null
      readonly output: string
      readonly because: 'recovery' | 'acknowledgement' | 'episode'
      readonly lastedMs: number
    }
  | {
      readonly what: 'acknowledged'
      readonly at: number
      readonly by: Actor
      readonly comment: string | null
      readonly until: number | null
      readonly foreign: boolean
      readonly tookOverFrom: string | null
      readonly handOver: HandOver
    }
  | {
      readonly what: 'acknowledgement-removed'
      readonly at: number
      readonly by: Actor | null
      /** `silence-ended`: removed or run out, which looks the same where acknowledging means silencing. */
      readonly because: 'person' | 'expiry' | 'state-change' | 'monitor' | 'silence-ended'
    }
  | {
      readonly what: 'said'
      readonly at: number
      readonly type: NotificationType
      readonly author: string | null
      readonly comment: string | null
      readonly output: string
    }
  | { readonly what: 'output'; readonly at: number; readonly output: string }
  /** How a hand-over went on after it was requested, where that is worth a line. */
  | {
      readonly what: 'handed-over'
      readonly at: number
      readonly of: 'acknowledgement' | 'removal' | 'downtime' | 'downtime-removal' | 'comment'
      readonly handOver: HandOver
      readonly reason: string | null
    }
  | {
      readonly what: 'commented'
      readonly at: number
      readonly by: Actor
      readonly comment: string
      /** The monitor is told too. */
      readonly told: boolean
    }
  | {
      readonly what: 'downtime'
      readonly at: number
      readonly by: Actor
      readonly comment: string | null
      readonly from: number
      readonly until: number
    }
  /** `by` null: in the monitor. */
  | { readonly what: 'downtime-removed'; readonly at: number; readonly by: Actor | null }

/**
 * What a monitor is to be told. The first two say what to bring in line, and what that takes is looked up when they are
 * carried out, so that a newer wish never queues behind an older one.
 */
export type Order =
  | { readonly what: 'acknowledgement' }
  | { readonly what: 'downtime' }
  | { readonly what: 'comment'; readonly id: string; readonly by: Actor; readonly comment: string }

/** A problem that somebody asked for and did not get: another person has it, or it was refused. */
export type NotTaken = { readonly name: string } & (
  | { readonly heldBy: Actor }
  | { readonly refusal: Refusal }
)

/** Of many that somebody asked for, those that they did not get for one reason. */
export type LeftOver = {
  readonly count: number
  /** Of some of them that they may see. */
  readonly names: readonly string[]
} & (
  | { readonly why: 'held'; readonly by: Actor }
  | { readonly why: 'refused'; readonly refusal: Refusal }
  /** Somebody has given them back since. */
  | { readonly why: 'given-back' }
)

/** A private answer to one person, sent to the address Slack gave for it. */
export type Reply =
  | { readonly what: 'refused'; readonly refusal: Refusal }
  | {
      readonly what: 'held'
      readonly problem: string
      readonly name: string
      readonly by: Actor
      readonly since: number
      readonly comment: string | null
      readonly until: number | null
      /** What the asker said along with it, which taking over keeps. */
      readonly asked: { readonly comment: string | null; readonly until: number | null }
    }
  /** What became of each of several, or of a choice from a list. */
  | {
      readonly what: 'taken'
      readonly names: readonly string[]
      readonly until: number | null
      readonly not: readonly NotTaken[]
      /** Monitors that are told, and those that are not. */
      readonly told: readonly string[]
      readonly untold: readonly string[]
    }
  /** What somebody took of a storm, where they did not get all that they asked for. */
  | {
      readonly what: 'taken-of-storm'
      readonly asked: number
      readonly taken: number
      /** Over before they had them. */
      readonly ended: number
      /** Most first. */
      readonly left: readonly LeftOver[]
    }

/**
 * Something to be done outside, stored with the change that causes it. Effects name the problem; the store makes one of
 * each of the problem's cards.
 */
export type Effect =
  /** Bring the problem's cards up to date: post those that are not there yet, edit the others. */
  | {
      readonly kind: 'card'
      readonly problem: string
      readonly priority: Priority
      readonly severity: number
    }
  /** Add a line to each card's thread; `rings` also shows it in the channel, with the card's mention. */
  | {
      readonly kind: 'thread'
      readonly problem: string
      readonly event: ThreadEvent
      readonly rings: boolean
      readonly severity: number
    }
  | { readonly kind: 'reply'; readonly url: string; readonly reply: Reply }
  /** Tell the check's monitor. */
  | {
      readonly kind: 'order'
      readonly check: { readonly monitor: string; readonly key: string }
      /** Id; null when the check has no open problem. */
      readonly problem: string | null
      readonly order: Order
      readonly severity: number
    }

/** Where a problem is to be shown. */
export type Destination = {
  readonly channel: string
  /** Ids of users or user groups that are called when it rings. */
  readonly mention: readonly string[]
  /** Never ring here. */
  readonly quiet: boolean
}
