import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { State } from '../../../src/core/state.ts'
import type { Fault, SlowStandIn, StandInAcknowledgement, StandInCheck, StandInOrder } from './stand-in.ts'

/*
 * A Nagios behind Livestatus, on TCP or on a unix socket: the tables, columns and filters that it is asked for, and the
 * external commands. As the real one, it says nothing to a command, and drops what it does not like without a word: an
 * unknown object, an acknowledgement of what is well, an empty author or comment.
 */

export type NagiosStandInOptions = {
  /** Path of a unix socket; without it, it listens on a free port. */
  readonly socket?: string
  /** What `program_version` says; Naemon's from 1.4.0 on also end acknowledgements at a time. */
  readonly version?: string
  /** Answers a command about something unknown with a text, as naemon-livestatus does. */
  readonly outspoken?: boolean
  /** Epoch ms. */
  readonly now?: () => number
}

export type NagiosStandIn = SlowStandIn & {
  /** Everything that arrived, request by request. */
  readonly requests: readonly string[]
  /** Answers the next question with these bytes instead. */
  answerWith(bytes: Buffer | null): void
}

type Comment = {
  id: number
  type: number
  author: string
  text: string
  at: number
  persistent: boolean
  until: number
}
type Downtime = { id: number; author: string; text: string; from: number; until: number }
type Thing = {
  check: StandInCheck
  since: number
  acknowledgement: (StandInAcknowledgement & { readonly until: number }) | null
  comments: Comment[]
  downtimes: Downtime[]
}
type Row = Readonly<Record<string, string | number>>

const NUMBERS: Readonly<Record<State, number>> = {
  UP: 0,
  DOWN: 1,
  UNREACHABLE: 2,
  OK: 0,
  WARNING: 1,
  CRITICAL: 2,
  UNKNOWN: 3,
}

export async function startNagiosStandIn(options: NagiosStandInOptions = {}): Promise<NagiosStandIn> {
  const standIn = new LivestatusStandIn(options)
  await standIn.listen()
  return standIn
}

class LivestatusStandIn implements NagiosStandIn {
  readonly orders: StandInOrder[] = []
  readonly requests: string[] = []
  readonly secrets: readonly string[] = []
  readonly #options: NagiosStandInOptions
  readonly #things = new Map<string, Thing>()
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port = 0
  #fault: Fault = 'well'
  #answersAfterMs = 0
  unanswered = 0
  #instead: Buffer | null = null
  #id = 0

  constructor(options: NagiosStandInOptions) {
    this.#options = options
  }

  get received(): readonly string[] {
    return this.requests
  }

  get settings(): Readonly<Record<string, unknown>> {
    const { socket } = this.#options
    return {
      kind: 'nagios',
      livestatus: socket === undefined ? `tcp:127.0.0.1:${this.#port}` : `unix:${socket}`,
    }
  }

  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket))
    this.#server = server
    const { socket } = this.#options
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      if (socket === undefined) server.listen(this.#port, '127.0.0.1', done)
      else server.listen(socket, done)
    })
    if (socket === undefined) this.#port = (server.address() as AddressInfo).port
  }

  key(host: string, service: string | null): string {
    return service === null ? host : `${host}\u001f${service}`
  }

  set(check: StandInCheck): void {
    const key = this.key(check.host, check.service)
    const known = this.#things.get(key)
    if (known === undefined) {
      this.#things.set(key, { check, since: this.#now(), acknowledgement: null, comments: [], downtimes: [] })
      return
    }
    const changed = known.check.state !== check.state
    if (changed) known.since = this.#now()
    known.check = { ...known.check, ...check }
    const ends = NUMBERS[check.state] === 0 || (changed && known.acknowledgement?.sticky === false)
    if (ends) this.#endAcknowledgement(known)
  }

  forget(host: string, service: string | null): void {
    this.#things.delete(this.key(host, service))
  }

  acknowledge(host: string, service: string | null, by: StandInAcknowledgement): void {
    const thing = this.#thing(host, service)
    if (thing !== undefined) this.#acknowledge(thing, by, false, 0)
  }

  unacknowledge(host: string, service: string | null): void {
    const thing = this.#thing(host, service)
    if (thing !== undefined) this.#endAcknowledgement(thing)
  }

  downtime(host: string, service: string | null, on: boolean): void {
    const thing = this.#thing(host, service)
    if (thing === undefined) return
    const from = this.#now()
    thing.downtimes = on
      ? [{ id: this.#nextId(), author: 'operator', text: 'by hand', from, until: from + 3600 }]
      : []
  }

  acknowledged(host: string, service: string | null): StandInAcknowledgement | null {
    const found = this.#thing(host, service)?.acknowledgement
    return found == null
      ? null
      : { author: found.author, comment: found.comment, sticky: found.sticky ?? true }
  }

  inDowntime(host: string, service: string | null): boolean {
    const now = this.#now()
    return (this.#thing(host, service)?.downtimes ?? []).some(({ from, until }) => from <= now && now < until)
  }

  answerWith(bytes: Buffer | null): void {
    this.#instead = bytes
  }

  answerOrdersAfter(ms: number): void {
    this.#answersAfterMs = ms
  }

  async behave(fault: Fault): Promise<void> {
    const before = this.#fault
    this.#fault = fault
    if (fault === 'away') await this.close()
    else if (before === 'away') await this.listen()
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
    if (server !== null) await new Promise((done) => server.close(done))
  }

  /** Seconds. */
  #now(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000)
  }

  #nextId(): number {
    this.#id += 1
    return this.#id
  }

  #thing(host: string, service: string | null): Thing | undefined {
    const thing = this.#things.get(this.key(host, service))
    const until = thing?.acknowledgement?.until ?? 0
    if (thing !== undefined && until > 0 && until <= this.#now()) this.#endAcknowledgement(thing)
    return thing
  }

  #endAcknowledgement(thing: Thing): void {
    thing.acknowledgement = null
    thing.comments = thing.comments.filter(({ type, persistent }) => type !== 4 || persistent)
  }

  #acknowledge(thing: Thing, by: StandInAcknowledgement, persistent: boolean, until: number): boolean {
    if (NUMBERS[thing.check.state] === 0 || by.author === '' || by.comment === '') return false
    thing.acknowledgement = { ...by, until }
    this.#comment(thing, 4, by.author, by.comment, persistent, until)
    return true
  }

  #comment(
    thing: Thing,
    type: number,
    author: string,
    text: string,
    persistent: boolean,
    until: number,
  ): boolean {
    if (author === '' || text === '') return false
    thing.comments.push({ id: this.#nextId(), type, author, text, at: this.#now(), persistent, until })
    return true
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    let text = ''
    let answered = false
    const request = (): void => {
      if (answered || text === '') return
      answered = true
      this.#take(socket, text.split('\n\n')[0] ?? '')
      // A second question behind the empty line would be answered by a Livestatus that keeps connections.
      const rest = text.slice(text.indexOf('\n\n') + 2)
      if (text.includes('\n\n') && rest !== '') this.requests.push(rest)
    }
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      text += part
      if (text.includes('\n\n')) request()
    })
    socket.on('end', () => {
      request()
      if (this.#fault !== 'hangs' && this.#answersAfterMs === 0) socket.end()
    })
  }

  #take(socket: Socket, request: string): void {
    this.requests.push(request)
    if (this.#fault === 'hangs') return
    if (this.#fault === 'garbage') {
      socket.end('\u0000<html>what?</html>\n')
      return
    }
    const isCommand = request.startsWith('COMMAND ')
    if (typeof this.#fault === 'number') {
      const text = `${this.#fault}: not now\n`
      socket.end(isCommand ? text : answerOf(String(this.#fault), text))
      return
    }
    if (isCommand) {
      // One line is one command, whatever it holds.
      const lines = request.slice('COMMAND '.length).split('\n')
      for (const line of lines.slice(0, 1)) {
        const isKnown = this.#command(line)
        if (!isKnown && this.#options.outspoken === true) socket.write('400: could not do that\n')
      }
      if (lines.length > 1) socket.write('452: a second line in a command\n')
    } else if (this.#fault !== 'loses-answer') {
      socket.write(this.#instead ?? this.#answer(request))
      this.#instead = null
    }
    if (this.#fault === 'loses-answer') socket.resetAndDestroy()
    else if (isCommand && this.#answersAfterMs > 0) this.#endLater(socket)
    else socket.end()
  }

  #endLater(socket: Socket): void {
    this.unanswered += 1
    setTimeout(() => {
      this.unanswered -= 1
      socket.end()
    }, this.#answersAfterMs)
  }

  /** @returns false when the line names nothing that is known */
  #command(line: string): boolean {
    const [, command = '', rest = ''] = /^\[\d+\] ([A-Z_]+);(.*)$/s.exec(line) ?? []
    const isService = /_SVC_|BY_HOST_NAME/.test(command)
    const fields = rest.split(';')
    const host = fields.shift() ?? ''
    const service =
      isService && /_DOWNTIME$/.test(command) && command.startsWith('DEL_')
        ? null
        : isService
          ? (fields.shift() ?? '')
          : null
    const thing = this.#thing(host, service === '' ? null : service)
    const order = this.#carryOut(command, fields, host, thing)
    // That there is no problem, or no such downtime, is never said.
    if (order === null) return thing !== undefined || command.startsWith('DEL_')
    const of = thing?.check ?? { host, service }
    this.orders.push({ ...order, host: of.host, service: of.service, raw: line })
    return true
  }

  #carryOut(
    command: string,
    fields: readonly string[],
    host: string,
    thing: Thing | undefined,
  ): Pick<StandInOrder, 'what' | 'author' | 'comment'> | null {
    if (/^DEL_(HOST|SVC)_DOWNTIME$/.test(command))
      return this.#removeDowntime(({ id }) => id === Number(host))
    if (thing === undefined) return null
    if (/^ACKNOWLEDGE_\w+_PROBLEM(_EXPIRE)?$/.test(command)) {
      const expires = command.endsWith('_EXPIRE')
      if (expires && !/^1\.([4-9]|\d\d)/.test(this.#options.version ?? '')) return null
      const [sticky, , persistent, ...words] = fields
      const until = expires ? Number(words.shift()) : 0
      const [author = '', ...comment] = words
      const by = { author, comment: comment.join(';'), sticky: sticky === '2' }
      if (!this.#acknowledge(thing, by, persistent === '1', until)) return null
      return { what: 'acknowledge', author: by.author, comment: by.comment }
    }
    if (/^REMOVE_\w+_ACKNOWLEDGEMENT$/.test(command)) {
      this.#endAcknowledgement(thing)
      return { what: 'remove', author: null, comment: null }
    }
    if (/^ADD_\w+_COMMENT$/.test(command)) {
      const [persistent, author = '', ...comment] = fields
      const done = this.#comment(thing, 1, author, comment.join(';'), persistent === '1', 0)
      return done ? { what: 'comment', author, comment: comment.join(';') } : null
    }
    if (/^SCHEDULE_\w+_DOWNTIME$/.test(command)) {
      const [from, until, , , , author = '', text = ''] = fields
      if (author === '' || text === '' || Number(from) >= Number(until)) return null
      thing.downtimes.push({ id: this.#nextId(), author, text, from: Number(from), until: Number(until) })
      return { what: 'downtime', author, comment: text }
    }
    if (command !== 'DEL_DOWNTIME_BY_HOST_NAME') return null
    const [from, text] = fields
    return this.#removeDowntime((one) => one.from === Number(from) && one.text === text)
  }

  #removeDowntime(
    is: (downtime: Downtime) => boolean,
  ): Pick<StandInOrder, 'what' | 'author' | 'comment'> | null {
    for (const thing of this.#things.values()) {
      const found = thing.downtimes.find(is)
      if (found === undefined) continue
      thing.downtimes = thing.downtimes.filter((one) => one !== found)
      return { what: 'remove-downtime', author: found.author, comment: found.text }
    }
    return null
  }

  #answer(request: string): Buffer {
    const [first = '', ...headers] = request.split('\n')
    const rows = this.#table(first.replace(/^GET /, ''))
    if (rows === null) return answerOf('404', 'no such table\n')
    const columns: string[] = []
    const filters: ((row: Row) => boolean)[] = []
    let limit = Number.POSITIVE_INFINITY
    for (const header of headers) {
      const [, name, value = ''] = /^(\w+): ?(.*)$/.exec(header) ?? []
      const join = filters.length - Number(value)
      if (name === 'Columns') columns.push(...value.split(' '))
      else if (name === 'Filter') filters.push(filterOf(value))
      else if (name === 'And') filters.push(every(filters.splice(join)))
      else if (name === 'Or') filters.push(some(filters.splice(join)))
      else if (name === 'Limit') limit = Number(value)
      else if (name === undefined || !['OutputFormat', 'ColumnHeaders', 'ResponseHeader'].includes(name))
        return answerOf('400', `undefined header ${header}\n`)
    }
    const found = rows.filter(every(filters)).slice(0, limit)
    return answerOf(
      '200',
      `${JSON.stringify(found.map((row) => columns.map((name) => row[name] ?? null)))}\n`,
    )
  }

  #table(name: string): Row[] | null {
    const things = [...this.#things.values()].map(({ check }) => this.#thing(check.host, check.service)!)
    const names = ({ check }: Thing): Row => ({
      host_name: check.host,
      service_description: check.service ?? '',
    })
    switch (name) {
      case 'status':
        return [{ program_version: this.#options.version ?? '4.4.6' }]
      case 'hosts':
        return things.filter(({ check }) => check.service === null).map((thing) => this.#stateRow(thing))
      case 'services':
        return things.filter(({ check }) => check.service !== null).map((thing) => this.#stateRow(thing))
      case 'comments':
        return things.flatMap((thing) =>
          thing.comments.map(({ id, type, author, text, at, until }) => ({
            ...names(thing),
            id,
            entry_type: type,
            author,
            comment: text,
            entry_time: at,
            expires: until > 0 ? 1 : 0,
            expire_time: until,
          })),
        )
      case 'downtimes':
        return things.flatMap((thing) =>
          thing.downtimes.map(({ id, author, text, from, until }) => ({
            ...names(thing),
            id,
            author,
            comment: text,
            start_time: from,
            end_time: until,
          })),
        )
      default:
        return null
    }
  }

  #stateRow({ check, since, acknowledgement }: Thing): Row {
    const { host, service } = check
    const hostName = this.#things.get(host)?.check.hostDisplayName ?? check.hostDisplayName ?? host
    const names =
      service === null
        ? { name: host, display_name: check.hostDisplayName ?? host }
        : {
            host_name: host,
            host_display_name: hostName,
            description: service,
            display_name: check.serviceDisplayName ?? service,
          }
    return {
      ...names,
      state: NUMBERS[check.state],
      state_type: check.hard === false ? 0 : 1,
      has_been_checked: 1,
      acknowledged: acknowledgement === null ? 0 : 1,
      acknowledgement_type: acknowledgement === null ? 0 : acknowledgement.sticky === false ? 1 : 2,
      scheduled_downtime_depth: this.inDowntime(host, service) ? 1 : 0,
      plugin_output: check.output ?? '',
      last_state_change: since,
      is_flapping: 0,
    }
  }
}

function answerOf(code: string, text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${code} ${String(body.length).padStart(11)}\n`), body])
}

function filterOf(text: string): (row: Row) => boolean {
  const [, column = '', operator = '', value = ''] = /^(\w+) (!?=|[<>]) ?(.*)$/.exec(text) ?? []
  return (row) => {
    const found = row[column] ?? ''
    if (operator === '=') return String(found) === value
    if (operator === '!=') return String(found) !== value
    return operator === '>' ? Number(found) > Number(value) : Number(found) < Number(value)
  }
}

function every(filters: readonly ((row: Row) => boolean)[]): (row: Row) => boolean {
  return (row) => filters.every((is) => is(row))
}

function some(filters: readonly ((row: Row) => boolean)[]): (row: Row) => boolean {
  return (row) => filters.some((is) => is(row))
}
