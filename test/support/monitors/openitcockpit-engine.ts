import type { StandInAcknowledgement, StandInOrder } from './stand-in.ts'

/* The engine behind the stand-in for openITCOCKPIT: what a line of a command does to a host or a service. */

export type Thing = {
  readonly hostUuid: string
  readonly serviceUuid: string | null
  name: string
  /** As Nagios numbers it; null: not in monitoring. */
  state: number | null
  hard: boolean
  output: string
  acknowledged: StandInAcknowledgement | null
  /** Every acknowledgement there ever was, oldest first. */
  readonly words: StandInAcknowledgement[]
  readonly downtimes: Downtime[]
}

export type Downtime = {
  readonly id: number
  readonly start: number
  readonly end: number
  readonly author: string
  readonly comment: string
  cancelled: boolean
}

export type Engine = {
  readonly things: ReadonlySet<Thing>
  readonly orders: readonly StandInOrder[]
  find(hostUuid: string, serviceUuid: string | null): Thing | null
  put(hostUuid: string, serviceUuid: string | null, name: string): Thing
  drop(thing: Thing): void
  changeState(thing: Thing, state: number | null, hard: boolean, output: string): void
  acknowledge(thing: Thing, by: StandInAcknowledgement): void
  schedule(thing: Thing, downtime: Omit<Downtime, 'id' | 'cancelled'>): void
  cancelDowntimes(thing: Thing): void
  isInDowntime(thing: Thing): boolean
  /** Runs what stands in a line; a line break in it begins another command. */
  run(line: string): void
}

export function createEngine(now: () => number): Engine {
  const things = new Set<Thing>()
  const orders: StandInOrder[] = []
  let lastId = 0

  const find: Engine['find'] = (hostUuid, serviceUuid) =>
    [...things].find((one) => one.hostUuid === hostUuid && one.serviceUuid === serviceUuid) ?? null
  const stands = ({ cancelled, end }: Downtime): boolean => !cancelled && end > now() / 1000

  const acknowledge: Engine['acknowledge'] = (thing, by) => {
    thing.acknowledged = by
    thing.words.push(by)
  }
  const schedule: Engine['schedule'] = (thing, downtime) => {
    thing.downtimes.push({ ...downtime, id: ++lastId, cancelled: false })
  }

  function record(
    what: StandInOrder['what'],
    thing: Thing,
    raw: string,
    author: string | null,
    comment: string | null,
  ) {
    orders.push({ what, host: thing.hostUuid, service: thing.serviceUuid, author, comment, raw })
  }

  function runAcknowledge(line: string, fields: readonly string[], isService: boolean): void {
    const at = isService ? 2 : 1
    const thing = find(fields[0] ?? '', isService ? (fields[1] ?? '') : null)
    const [sticky, , , author = ''] = fields.slice(at)
    // The comment is the rest of the line; an author with a semicolon in it shifts everything.
    const comment = fields.slice(at + 4).join(';')
    // What does not exist or is well is dropped without a word, and so is an empty field.
    if (thing === null || !thing.state || author === '' || comment === '') return
    acknowledge(thing, { author, comment, sticky: sticky === '2' })
    record('acknowledge', thing, line, author, comment)
  }

  function runRemove(line: string, fields: readonly string[], isService: boolean): void {
    const thing = find(fields[0] ?? '', isService ? (fields[1] ?? '') : null)
    // A field more makes another name of the last one.
    if (thing === null || fields.length !== (isService ? 2 : 1)) return
    thing.acknowledged = null
    record('remove', thing, line, null, null)
  }

  function runSchedule(line: string, fields: readonly string[], isService: boolean): void {
    const thing = find(fields[0] ?? '', isService ? (fields[1] ?? '') : null)
    const [start, end, fixed, trigger, duration, author = '', comment = ''] = fields.slice(isService ? 2 : 1)
    const numbers = [start, end, fixed, trigger, duration].map(Number)
    if (thing === null || numbers.some((one) => !Number.isInteger(one)) || Number(duration) <= 0) return
    if (Number(end) <= Number(start) || author === '' || comment === '') return
    schedule(thing, { start: Number(start), end: Number(end), author, comment })
    record('downtime', thing, line, author, comment)
  }

  function runDelete(line: string, [id, services]: readonly string[], isService: boolean): void {
    for (const thing of things) {
      const found = thing.downtimes.find((one) => one.id === Number(id) && stands(one))
      if (found === undefined || (thing.serviceUuid !== null) !== isService) continue
      found.cancelled = true
      record('remove-downtime', thing, line, null, found.comment)
      if (services !== '1') continue
      for (const other of things) {
        if (other.hostUuid !== thing.hostUuid || other.serviceUuid === null) continue
        for (const one of other.downtimes)
          if (one.start === found.start && one.end === found.end) one.cancelled = true
      }
    }
  }

  const COMMANDS: Readonly<
    Record<string, (line: string, fields: readonly string[], isService: boolean) => void>
  > = {
    ACKNOWLEDGE: runAcknowledge,
    REMOVE: runRemove,
    SCHEDULE: runSchedule,
    DEL: runDelete,
  }

  return {
    things,
    orders,
    find,
    acknowledge,
    schedule,
    put: (hostUuid, serviceUuid, name) => {
      const known = find(hostUuid, serviceUuid)
      if (known !== null) {
        if (serviceUuid === null && !name.startsWith('name of ')) known.name = name
        return known
      }
      const thing: Thing = {
        hostUuid,
        serviceUuid,
        name,
        state: 0,
        hard: true,
        output: '',
        acknowledged: null,
        words: [],
        downtimes: [],
      }
      things.add(thing)
      return thing
    },
    drop: (thing) => {
      things.delete(thing)
    },
    changeState: (thing, state, hard, output) => {
      const isSticky = thing.acknowledged?.sticky ?? false
      if (!state || (state !== thing.state && !isSticky)) thing.acknowledged = null
      thing.state = state
      thing.hard = hard
      thing.output = output
    },
    cancelDowntimes: (thing) => {
      for (const one of thing.downtimes) one.cancelled = true
    },
    isInDowntime: (thing) => thing.downtimes.some((one) => stands(one) && one.start <= now() / 1000),
    run: (text) => {
      for (const line of text.split('\n')) {
        const [command = '', ...fields] = line.replace(/^\[\d+\] /, '').split(';')
        COMMANDS[command.split('_')[0] ?? '']?.(line, fields, command.includes('_SVC_'))
      }
    },
  }
}
