import type { StandInOrder } from './stand-in.ts'

/* Events of a Zabbix, and what `event.acknowledge` does to them: what is so already is skipped without a word. */

/** What the API refuses. */
export class ApiError extends Error {
  readonly code: number

  constructor(code: number, data: string) {
    super(data)
    this.code = code
  }
}

export type ZabbixUpdate = {
  readonly acknowledgeid: string
  readonly userid: string
  readonly clock: string
  readonly message: string
  readonly action: number
}

/** The problem of a trigger, from its beginning to its end. */
export type ZabbixEvent = {
  readonly id: string
  readonly clock: number
  severity: number
  acknowledged: boolean
  /** Id of the event that ended it. */
  recovery: string | null
  /** By a person; epoch seconds. */
  suppressedUntil: number | null
  readonly updates: ZabbixUpdate[]
}

export type Trigger = {
  readonly id: string
  readonly host: string
  readonly service: string
  readonly displayName: string
  readonly output: string
  readonly events: ZabbixEvent[]
  inMaintenance: boolean
}

type Given = { readonly action: number; readonly message?: string; readonly suppress_until?: number }
type By = { readonly userid: string; readonly clock: number; readonly release: number }

export function isOpen({ recovery }: ZabbixEvent): boolean {
  return recovery === null
}

/** @returns what it amounts to @throws ApiError as the API does */
export function updateEvent(event: ZabbixEvent, given: Given, by: By): StandInOrder['what'] {
  const { action, message = '' } = given
  const known = by.release >= 602 ? 127 : 31
  if (!Number.isInteger(action) || (action & ~known) !== 0)
    throw new ApiError(-32602, 'Incorrect value for field "action": unexpected value.')
  if ((action & 18) === 18 || (action & 96) === 96)
    throw new ApiError(-32602, 'Incorrect value for field "action".')
  if ((action & 4) !== 0 && message === '')
    throw new ApiError(-32602, 'Incorrect value for field "message": cannot be empty.')
  if ([...message].length > 2048 || message.includes('\u0000'))
    throw new ApiError(-32602, 'Incorrect value for field "message": value is too long.')
  let done = action & 4
  if ((action & 2) !== 0 && !event.acknowledged) done |= 2
  if ((action & 16) !== 0 && event.acknowledged) done |= 16
  if ((action & 32) !== 0 && isOpen(event)) done |= 32
  if ((action & 64) !== 0 && isOpen(event) && event.suppressedUntil !== null) done |= 64
  if ((done & 18) !== 0) event.acknowledged = (done & 2) !== 0
  if ((done & 32) !== 0) event.suppressedUntil = given.suppress_until ?? null
  if ((done & 64) !== 0) event.suppressedUntil = null
  if (done !== 0) {
    event.updates.push({
      acknowledgeid: String(event.updates.length + 1),
      userid: by.userid,
      clock: String(by.clock),
      message: (done & 4) !== 0 ? message : '',
      action: done,
    })
  }
  if ((action & 2) !== 0) return 'acknowledge'
  if ((action & 16) !== 0) return 'remove'
  if ((action & 32) !== 0) return 'downtime'
  return (action & 64) !== 0 ? 'remove-downtime' : 'comment'
}
