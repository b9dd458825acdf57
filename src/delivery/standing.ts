import type { Failure } from '../core/failure.ts'
import { type Claimed, type Lane, type Log, methodOf, type Settlement } from '../core/ports.ts'
import { TOLD_MAX } from './limits.ts'
import type { Pace } from './pace.ts'

/** When to try again, on the clock that `Pace` runs by. */
export type FailureTimes = {
  /** This effect. */
  readonly retry: number
  /** Its channel; later with each failure in a row. */
  readonly backOff: () => number
}

/** What the outcome of one effect says of others: of its channel, its method, our token. */
export type Standing = {
  /** @returns true when its channel takes messages again that took none before */
  worked(claimed: Claimed, settlement: Settlement): boolean
  failed(claimed: Claimed, failure: Failure, settlement: Settlement, times: FailureTimes): void
  /** `ok`, or Slack's word for what is wrong with our token. */
  word(): string
  /** Channels that take nothing from us, with Slack's word for why. */
  refused(): ReadonlyMap<Lane, string>
}

/** Keeps account of how Slack receives us, and tells the operator when that changes. */
export function createStanding(log: Log, pace: Pace): Standing {
  let word = 'ok'
  const refused = new Map<Lane, string>()
  /** Cards whose look was refused. */
  const plain = new Set<string>()

  function stopped(facts: object, failure: Failure, until: number): void {
    if (word === 'ok')
      log.error(facts, `${failure.message} Nothing is sent to Slack until that is put right.`)
    word = failure.detail ?? failure.code
    pace.holdAll(until)
  }

  return {
    word: () => word,
    refused: () => refused,
    worked: (claimed, settlement) => {
      if (word !== 'ok') log.info({}, 'Slack takes our calls again.')
      word = 'ok'
      if (settlement.kind === 'done' && settlement.plainly !== undefined)
        saidPlainly(claimed, settlement.plainly)
      const { lane } = claimed
      const isBack = settlement.kind === 'done' && refused.delete(lane)
      if (isBack) log.info({ channel: lane }, `The channel ${lane} takes messages again.`)
      return isBack
    },
    failed: (claimed, failure, settlement, { retry, backOff }) => {
      const { lane, work, attempts, id } = claimed
      const facts = { lane, effect: id, attempts, reason: failure.detail ?? failure.code }
      switch (failure.retry.kind) {
        case 'stop':
          return stopped(facts, failure, retry)
        case 'after':
          log.warn(facts, 'Slack asked to slow down.')
          if (methodOf(work) === 'update') pace.holdMethod('update', retry)
          else pace.holdLane(lane, retry)
          return
        case 'later':
        case 'ambiguous':
          if (settlement.kind === 'park') return parked(facts, failure, work)
          log.warn(facts, `${failure.message} It is tried again.`)
          // An answer to one person has an address of its own, and an unknown word is about one message.
          if (work.kind !== 'reply' && failure.code !== 'rejected') pace.holdLane(lane, backOff())
          return
        case 'never':
        case 'plainer':
          return parked(facts, failure, work)
        case 'too-late':
          log.info(facts, 'Slack takes no more answers to this action, so this one is left unsaid.')
          return
        case 'elsewhere':
          return refusedChannel(claimed, facts, failure, settlement)
        case 'gone':
          log.info(facts, 'The message was deleted in Slack; a fresh one follows.')
          return
      }
    },
  }

  function parked(facts: object, failure: Failure, { kind }: Claimed['work']): void {
    const isCard = kind === 'post' || kind === 'update' || kind === 'storm'
    const again = isCard ? ', and tried again when its problem changes' : ''
    log.error(facts, `${failure.message} The message is parked${again}. \`ackbridge outbox list\` shows it.`)
  }

  /** Told once for each channel: every further card of it says the same. */
  function refusedChannel({ lane }: Claimed, facts: object, failure: Failure, settlement: Settlement): void {
    const reason = failure.detail ?? failure.code
    if (refused.get(lane) === reason) return
    if (refused.size < TOLD_MAX) refused.set(lane, reason)
    log.error(
      { ...facts, channel: lane },
      `Slack takes no message for the channel ${lane} (${reason}). ${insteadOf(settlement)} ${adviceFor(reason)}`,
    )
  }

  /** Told once for each card. */
  function saidPlainly({ id, lane, work }: Claimed, reason: string): void {
    const card = 'card' in work ? work.card.id : id
    if (plain.has(card) || plain.size >= TOLD_MAX) return
    plain.add(card)
    log.error(
      { lane, effect: id, method: methodOf(work), reason },
      `Slack refuses a message as it is drawn (${reason}); it was said in bare words, without buttons. This is a fault in ackbridge.`,
    )
  }
}

/** What becomes of the cards of a channel that takes nothing. */
function insteadOf(settlement: Settlement): string {
  if (settlement.kind === 'move') return `Its cards go to the default channel ${settlement.to} instead.`
  if (settlement.kind === 'park')
    return 'There is no other channel for its cards: they are parked and tried again every 10 minutes.'
  const left = 'What was to be changed there is over, and is changed when the channel takes messages again.'
  const others = settlement.kind === 'drop' ? (settlement.refused?.others ?? null) : null
  return others === null ? left : `${left} Its other cards go to the default channel ${others} instead.`
}

/** What the operator can do about a channel. */
function adviceFor(reason: string): string {
  switch (reason) {
    case 'is_archived':
      return 'Unarchive it, or name another channel in the configuration.'
    case 'not_in_channel':
      return 'Invite the bot there, or name another channel in the configuration.'
    case 'channel_not_found':
      return 'Check the id; if it is a private channel, invite the bot there.'
    default:
      return 'Let the bot post there, or name another channel in the configuration.'
  }
}
