import { Failure } from '../../core/failure.ts'
import type { DowntimeReading, KnownDowntime, MonitorApi, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import {
  acknowledgeLine,
  commentLine,
  downtimeLine,
  type Names,
  removeDowntimeByIdLine,
  removeDowntimeByWordsLine,
  removeLine,
  type Writing,
} from './command-line.ts'
import type { Spelling } from './harmless-words.ts'
import { namesForCommand, type Way } from './nameable.ts'

/** How orders get into the monitor. Nothing answers them but that they were taken. */
export type Sender = {
  readonly way: Way
  readonly send: (line: string) => Promise<void>
}

export type OrdersOptions = {
  readonly name: string
  readonly clock: Clock
  /** Null: none is configured. */
  readonly sender: Sender | null
  readonly spelling: Spelling
  /** Asks whether the monitor ends acknowledgements itself. @throws Failure when it does not say */
  readonly learnExpires: () => Promise<boolean>
  /** Reads the downtimes of one check; null where there is nothing to read with. @throws Failure */
  readonly downtimesOf: ((names: Names) => Promise<readonly DowntimeReading[]>) | null
}

type Orders = Pick<
  MonitorApi,
  'acknowledge' | 'removeAcknowledgement' | 'comment' | 'scheduleDowntime' | 'removeDowntime'
>

/** Orders as external commands. What comes of one is for the next reading: the monitor drops what it does not like. */
export function createOrders(options: OrdersOptions): Orders {
  const { name, clock, spelling } = options
  const writing = (): Writing => ({ now: clock.now(), spelling })

  function begin(target: Target): { names: Names; send: Sender['send'] } {
    const { sender } = options
    if (sender === null) throw readOnly(name)
    return { names: namesForCommand(target, name, sender.way), send: sender.send }
  }

  return {
    acknowledge: async (target, order) => {
      const { names, send } = begin(target)
      const expires = order.until !== null && (await options.learnExpires())
      if (order.until !== null && !expires) throw cannotExpire(name)
      // One that is there already is replaced by another order; its comment stays until both end.
      await send(acknowledgeLine(names, order, writing(), expires))
      return 'taken'
    },
    removeAcknowledgement: async (target) => {
      const { names, send } = begin(target)
      await send(removeLine(names, writing()))
      return 'taken'
    },
    comment: async (target, words) => {
      const { names, send } = begin(target)
      await send(commentLine(names, words, writing()))
    },
    scheduleDowntime: async (target, order) => {
      const { names, send } = begin(target)
      await send(downtimeLine(names, order, writing()))
      return null
    },
    removeDowntime: async (target, downtime) => {
      const { names, send } = begin(target)
      const id = await numberOf(names, downtime, options)
      await send(
        id === null
          ? removeDowntimeByWordsLine(names, downtime, writing())
          : removeDowntimeByIdLine(names, id, writing()),
      )
    },
  }
}

/**
 * Looks up what the monitor calls a downtime of ours. A number from an earlier reading is not used as it is: after a crash the
 * monitor gives numbers out again, and then it is somebody else's. The mark in the comment says whose it is.
 *
 * @returns null when it was not found; then start and comment have to do, which fit no other downtime either
 */
async function numberOf(
  names: Names,
  { marker }: KnownDowntime,
  { downtimesOf }: OrdersOptions,
): Promise<string | null> {
  if (downtimesOf === null) return null
  try {
    const ours = (await downtimesOf(names)).find(({ comment }) => comment?.includes(marker))
    return ours !== undefined && /^[1-9]\d*$/.test(ours.reference) ? ours.reference : null
  } catch (error) {
    // The order may well get through where the question did not.
    if (error instanceof Failure) return null
    throw error
  }
}

function readOnly(name: string): Failure {
  return new Failure(
    'rejected',
    { kind: 'never' },
    `${name} is configured for reading only: it has neither commandFile nor livestatus.`,
  )
}

function cannotExpire(name: string): Failure {
  return new Failure(
    'rejected',
    { kind: 'never' },
    `${name} cannot end an acknowledgement by itself. Acknowledge again without an end.`,
  )
}
