import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Fault, SlowStandIn, StandInAcknowledgement, StandInCheck, StandInOrder } from './stand-in.ts'

/*
 * A stand-in for the REST API of Icinga 2, after what a real 2.13.6 was seen to do. An action that names a type and no
 * object is carried out on all of them, one unknown name refuses a whole query, an acknowledgement refuses a second one,
 * and the event stream is silent while nothing happens.
 */

type Acknowledgement = StandInAcknowledgement & { readonly expiry: number; readonly persistent: boolean }

type Checkable = {
  readonly name: string
  readonly host: string
  readonly service: string | null
  check: StandInCheck
  acknowledgement: Acknowledgement | null
  since: number
}

type Remark = {
  readonly name: string
  readonly of: Checkable
  readonly author: string
  readonly text: string
  readonly at: number
  /** 4: of an acknowledgement. */
  readonly entryType: number
  readonly start: number
  readonly end: number
  readonly persistent: boolean
}

type Body = Readonly<Record<string, unknown>>
type Result = { readonly code: number; readonly status: string; readonly name?: string }
type Reply = { readonly status: number; readonly body: unknown }

const USER = 'ackbridge'
const PASSWORD = 'stand-in-password-7c1d'
const STATES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']
const NO_OBJECTS: Reply = { status: 404, body: { error: 404, status: 'No objects found.' } }
const WHAT: Readonly<Record<string, StandInOrder['what']>> = {
  'acknowledge-problem': 'acknowledge',
  'remove-acknowledgement': 'remove',
  'add-comment': 'comment',
  'schedule-downtime': 'downtime',
  'remove-downtime': 'remove-downtime',
}

export type IcingaStandIn = SlowStandIn & {
  /** Streams of events that are open. */
  readonly streams: number
  /** Requests that came, whatever became of them. */
  readonly requests: readonly string[]
  /** Sends this as it is to whoever listens to events. */
  send(text: string): void
  /** Ends the streams that are open, as a restart does. */
  cutStreams(): void
}

/**
 * Starts a stand-in on a free port of this machine.
 *
 * @param now its clock, epoch ms
 */
export async function startIcingaStandIn(now: () => number = Date.now): Promise<IcingaStandIn> {
  const standIn = new StandInServer(now)
  await standIn.listen(0)
  return standIn
}

class StandInServer implements IcingaStandIn {
  readonly secrets = [PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString('base64')]
  readonly orders: StandInOrder[] = []
  readonly requests: string[] = []
  readonly #objects = new Map<string, Checkable>()
  #comments: Remark[] = []
  #downtimes: Remark[] = []
  readonly #streams = new Set<ServerResponse>()
  readonly #hanging = new Set<ServerResponse>()
  #server: Server = createServer()
  #fault: Fault = 'well'
  #answersAfterMs = 0
  unanswered = 0
  #port = 0
  #count = 0
  /** Seconds. */
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = () => now() / 1000
  }

  get settings(): Readonly<Record<string, unknown>> {
    return { kind: 'icinga2', url: `http://127.0.0.1:${this.#port}`, user: USER, password: PASSWORD }
  }

  get received(): readonly string[] {
    return this.requests
  }

  get streams(): number {
    return this.#streams.size
  }

  async listen(port: number): Promise<void> {
    this.#server = createServer((request, response) => this.#onRequest(request, response))
    await new Promise<void>((done) => this.#server.listen(port, '127.0.0.1', done))
    const address = this.#server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
  }

  set(check: StandInCheck): void {
    const { host, service, state } = check
    const name = nameOf(host, service)
    const known = this.#objects.get(name)
    if (known?.check.state === state) {
      known.check = { ...known.check, ...check }
      return
    }
    const since = this.#now()
    const object = known ?? { name, host, service, check, acknowledgement: null, since }
    const sticky = object.acknowledgement?.sticky === true
    object.check = { ...object.check, ...check }
    object.since = since
    this.#objects.set(name, object)
    this.#tell('StateChange', object)
    if (object.acknowledgement !== null && (isFine(state) || !sticky)) this.#clear(object)
  }

  forget(host: string, service: string | null): void {
    this.#objects.delete(nameOf(host, service))
  }

  acknowledge(host: string, service: string | null, by: StandInAcknowledgement): void {
    this.#acknowledge(this.#object(host, service), { ...by, expiry: 0, persistent: false })
  }

  unacknowledge(host: string, service: string | null): void {
    this.#clear(this.#object(host, service))
  }

  downtime(host: string, service: string | null, on: boolean): void {
    const object = this.#object(host, service)
    const now = Math.floor(this.#now())
    if (on) this.#schedule(object, 'Icinga', 'maintenance', now, now + 3600)
    else for (const { name, of } of [...this.#downtimes]) if (of === object) this.#removeDowntime(name)
  }

  acknowledged(host: string, service: string | null): StandInAcknowledgement | null {
    const object = this.#object(host, service)
    this.#endWhatIsOver(object)
    return object.acknowledgement
  }

  inDowntime(host: string, service: string | null): boolean {
    return this.#depth(this.#object(host, service)) > 0
  }

  key(host: string, service: string | null): string {
    return service === null ? host : `${host}\u001f${service}`
  }

  async behave(fault: Fault): Promise<void> {
    if (fault === 'away') {
      if (this.#fault !== 'away') await this.#stopListening()
    } else if (this.#fault === 'away') await this.listen(this.#port)
    for (const response of this.#hanging) response.destroy()
    this.#hanging.clear()
    this.#fault = fault
  }

  answerOrdersAfter(ms: number): void {
    this.#answersAfterMs = ms
  }

  send(text: string): void {
    for (const stream of this.#streams) stream.write(text)
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
  }

  async close(): Promise<void> {
    if (this.#fault !== 'away') await this.#stopListening()
  }

  #stopListening(): Promise<void> {
    this.cutStreams()
    return new Promise((done) => {
      this.#server.close(() => done())
      this.#server.closeAllConnections()
    })
  }

  #object(host: string, service: string | null): Checkable {
    const object = this.#objects.get(nameOf(host, service))
    if (object === undefined) throw new Error(`The stand-in has no ${nameOf(host, service)}.`)
    return object
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      this.requests.push(`${request.method} ${request.url}`)
      const isStream = request.url === '/v1/events'
      const refusal = this.#refusal(request)
      if (refusal !== null) {
        // A 409 is about acknowledging; whatever else asks is not refused by it.
        if (refusal.status !== 409 || request.url?.startsWith('/v1/actions/'))
          return answer(response, refusal)
      }
      if (this.#fault === 'hangs') return void this.#hanging.add(response)
      if (this.#fault === 'garbage') {
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(`<html>Welcome, ${request.headers.authorization}!</html>`)
        return
      }
      if (isStream) return this.#openStream(response, raw)
      const reply = this.#reply(request, raw)
      if (this.#fault === 'loses-answer') return void response.destroy()
      if (this.#answersAfterMs === 0 || !request.url?.startsWith('/v1/actions/'))
        return answer(response, reply)
      this.unanswered += 1
      setTimeout(() => {
        this.unanswered -= 1
        answer(response, reply)
      }, this.#answersAfterMs)
    })
  }

  #refusal(request: IncomingMessage): Reply | null {
    const status = this.#fault
    const given = request.headers.authorization
    if (typeof status === 'number') {
      if (status === 404) return NO_OBJECTS
      if (status === 409)
        return { status, body: { results: [{ code: 409, status: 'Service a!b is already acknowledged.' }] } }
      // What a careless proxy might do.
      return { status, body: { error: status, status: `Told to answer ${status} to ${given}.` } }
    }
    if (given !== `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`)
      return {
        status: 401,
        body: { error: 401, status: 'Unauthorized. Please check your user credentials.' },
      }
    if (request.headers.accept !== 'application/json')
      return { status: 400, body: "<h1>Accept header is missing or not set to 'application/json'.</h1>" }
    return null
  }

  #reply(request: IncomingMessage, raw: string): Reply {
    const url = request.url ?? ''
    if (url === '/v1') return found([{ user: USER, permissions: ['*'], version: 'stand-in' }])
    let body: Body
    try {
      body = JSON.parse(raw)
    } catch {
      return { status: 400, body: { error: 400, status: 'Invalid request body' } }
    }
    const [, action] = /^\/v1\/actions\/([a-z-]+)$/.exec(url) ?? []
    if (action !== undefined && request.method === 'POST') return this.#act(action, body, raw)
    const [, type] = /^\/v1\/objects\/(hosts|services|comments|downtimes)$/.exec(url) ?? []
    const method = request.headers['x-http-method-override'] ?? request.method
    if (type !== undefined && method === 'GET') return this.#query(type, body)
    const status = `The requested path '${url.slice(1)}' could not be found or the request method is not valid for this path.`
    return { status: 404, body: { error: 404, status } }
  }

  #act(action: string, body: Body, raw: string): Reply {
    if (!(action in WHAT))
      return { status: 404, body: { error: 404, status: `Action '${action}' does not exist.` } }
    if (action === 'remove-downtime' && typeof body['downtime'] === 'string')
      return this.#removeByName(body['downtime'], body, raw)
    const targets = this.#targets(body)
    if (targets === null || targets.length === 0) return NO_OBJECTS
    const results = targets.map((object) => this.#actOn(action, object, body, raw))
    const codes = new Set(results.map(({ code }) => code))
    const [code = 200] = codes
    return { status: codes.size === 1 ? code : 500, body: { results } }
  }

  /** Objects by name; without any, all of the type that is named. */
  #targets(body: Body): readonly Checkable[] | null {
    const names: string[] = []
    for (const key of ['host', 'service']) {
      if (key in body) names.push(String(body[key]))
      const list = body[`${key}s`]
      if (Array.isArray(list)) names.push(...list.map(String))
    }
    if (names.length > 0) {
      const objects = names.map((name) => this.#objects.get(name))
      return objects.every((object) => object !== undefined) ? objects : null
    }
    const isHost = body['type'] === 'Host'
    if (!isHost && body['type'] !== 'Service') return null
    return [...this.#objects.values()].filter(({ service }) => (service === null) === isHost)
  }

  #actOn(action: string, object: Checkable, body: Body, raw: string): Result {
    const [author, comment] = [body['author'], body['comment']]
    const needsWords = action !== 'remove-acknowledgement' && action !== 'remove-downtime'
    if (needsWords && (typeof author !== 'string' || typeof comment !== 'string' || author === ''))
      return { code: 400, status: 'Comments require author and comment.' }
    const refusal = action === 'acknowledge-problem' ? refusalOf(object, body, this.#now()) : null
    if (refusal !== null) return { code: 409, status: refusal }
    this.orders.push(orderOf(action, object, body, raw))
    return this.#carryOut(action, object, body, String(author), String(comment))
  }

  #carryOut(action: string, object: Checkable, body: Body, author: string, comment: string): Result {
    switch (action) {
      case 'acknowledge-problem': {
        const [expiry, sticky] = [Number(body['expiry'] ?? 0), body['sticky'] === true]
        this.#acknowledge(object, {
          author,
          comment,
          sticky,
          expiry,
          persistent: body['persistent'] === true,
        })
        return done(`Successfully acknowledged problem for object '${object.name}'.`)
      }
      case 'remove-acknowledgement':
        this.#clear(object)
        return done(`Successfully removed acknowledgement for object '${object.name}'.`)
      case 'add-comment': {
        const { name } = this.#remark(this.#comments, object, { author, text: comment, entryType: 1 })
        return { ...done(`Successfully added comment '${name}' for object '${object.name}'.`), name }
      }
      case 'schedule-downtime': {
        const [start, end] = [Number(body['start_time']), Number(body['end_time'])]
        const name = this.#schedule(object, author, comment, start, end)
        return { ...done(`Successfully scheduled downtime '${name}' for object '${object.name}'.`), name }
      }
      default:
        for (const { name, of } of [...this.#downtimes]) if (of === object) this.#removeDowntime(name)
        return done(`Successfully removed all downtimes for object '${object.name}' and 0 child downtimes.`)
    }
  }

  #removeByName(name: string, body: Body, raw: string): Reply {
    const downtime = this.#downtimes.find((one) => one.name === name)
    if (downtime === undefined) return NO_OBJECTS
    this.orders.push(orderOf('remove-downtime', downtime.of, body, raw))
    this.#removeDowntime(name)
    return found([done(`Successfully removed downtime '${name}' and 0 child downtimes.`)])
  }

  #acknowledge(object: Checkable, by: Acknowledgement): void {
    object.acknowledgement = by
    const { author, comment: text, persistent } = by
    this.#remark(this.#comments, object, { author, text, entryType: 4, persistent })
    this.#tell('AcknowledgementSet', object)
  }

  #clear(object: Checkable): void {
    object.acknowledgement = null
    this.#comments = this.#comments.filter(
      (one) => one.of !== object || one.entryType !== 4 || one.persistent,
    )
    this.#tell('AcknowledgementCleared', object)
  }

  #schedule(object: Checkable, author: string, text: string, start: number, end: number): string {
    const { name } = this.#remark(this.#downtimes, object, { author, text, start, end })
    this.#tell('DowntimeAdded', object)
    return name
  }

  #removeDowntime(name: string): void {
    const downtime = this.#downtimes.find((one) => one.name === name)
    this.#downtimes = this.#downtimes.filter((one) => one !== downtime)
    if (downtime !== undefined) this.#tell('DowntimeRemoved', downtime.of)
  }

  #remark(
    list: Remark[],
    of: Checkable,
    words: { author: string; text: string } & Partial<Omit<Remark, 'author' | 'text' | 'name' | 'of'>>,
  ): Remark {
    const name = `${of.name}!00000000-0000-4000-8000-${String(++this.#count).padStart(12, '0')}`
    const blank = { entryType: 1, start: 0, end: 0, persistent: false }
    const remark = { name, of, at: this.#now(), ...blank, ...words }
    list.push(remark)
    return remark
  }

  #depth(object: Checkable): number {
    const now = this.#now()
    return this.#downtimes.filter(({ of, start, end }) => of === object && start <= now && end > now).length
  }

  #query(type: string, body: Body): Reply {
    if (type === 'comments' || type === 'downtimes') {
      const list = type === 'comments' ? this.#comments : this.#downtimes
      const name = body['downtime'] ?? body['comment']
      const chosen = name === undefined ? list : list.filter((one) => one.name === name)
      if (name !== undefined && chosen.length === 0) return NO_OBJECTS
      return found(chosen.map((one) => this.#picked(one.name, remarkAttrs(one), body)))
    }
    const named = ['host', 'hosts', 'service', 'services'].some(
      (key) => key in body && (!Array.isArray(body[key]) || body[key].length > 0),
    )
    const only = type === 'hosts' ? 'Host' : 'Service'
    const objects = this.#targets(named ? body : { type: only })
    if (objects === null) return NO_OBJECTS
    return found(objects.map((object) => this.#picked(object.name, this.#attrsOf(object), body)))
  }

  #picked(name: string, attrs: Body, { attrs: wanted, joins }: Body): object {
    const keep = Array.isArray(wanted) && wanted.length > 0 ? wanted : Object.keys(attrs)
    const host = this.#objects.get(String(attrs['host_name']))
    const joined = Array.isArray(joins) && host ? { host: { display_name: displayNameOf(host) } } : {}
    const picked = Object.fromEntries(keep.map((key) => [key, attrs[String(key)]]))
    return { attrs: picked, joins: joined, meta: {}, name }
  }

  /** It looks at them once in a while; here whenever somebody looks. */
  #endWhatIsOver(object: Checkable): void {
    const expiry = object.acknowledgement?.expiry ?? 0
    if (expiry > 0 && expiry <= this.#now()) this.#clear(object)
  }

  #attrsOf(object: Checkable): Body {
    this.#endWhatIsOver(object)
    const { host, service, check, acknowledgement, since } = object
    const { state, output = `${state} output` } = check
    return {
      name: service ?? host,
      ...(service === null ? {} : { host_name: host }),
      display_name: displayNameOf(object),
      state: service === null ? (state === 'UP' ? 0 : 1) : STATES.indexOf(state),
      state_type: check.hard === false ? 0 : 1,
      problem: !isFine(state),
      acknowledgement: acknowledgement === null ? 0 : acknowledgement.sticky === true ? 2 : 1,
      acknowledgement_expiry: acknowledgement?.expiry ?? 0,
      downtime_depth: this.#depth(object),
      flapping: false,
      last_hard_state_change: since,
      last_state_change: since,
      last_check_result: { output, command: ['/bin/true'], state: 0, type: 'CheckResult' },
    }
  }

  #openStream(response: ServerResponse, raw: string): void {
    const { queue, types } = JSON.parse(raw) as Body
    if (typeof queue !== 'string' || !Array.isArray(types))
      return answer(response, {
        status: 400,
        body: { error: 400, status: "'queue' query parameter is required." },
      })
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
  }

  #tell(type: string, { name, host, service }: Checkable): void {
    const of = { host, ...(service === null ? {} : { service }) }
    const downtime = { __name: `${name}!x`, host_name: host, service_name: service ?? '' }
    const event = { type, timestamp: this.#now(), ...(type.startsWith('Downtime') ? { downtime } : of) }
    this.send(`${JSON.stringify(event)}\n`)
  }
}

function nameOf(host: string, service: string | null): string {
  return service === null ? host : `${host}!${service}`
}

function isFine(state: string): boolean {
  return state === 'OK' || state === 'UP'
}

function displayNameOf({ host, service, check }: Checkable): string {
  return service === null ? (check.hostDisplayName ?? host) : (check.serviceDisplayName ?? service)
}

function refusalOf(
  { name, service, check, acknowledgement }: Checkable,
  body: Body,
  now: number,
): string | null {
  if (service === null && check.state === 'UP') return `Host ${name} is UP.`
  if (service !== null && check.state === 'OK') return `Service ${name} is OK.`
  const expiry = Number(body['expiry'] ?? 0)
  if ('expiry' in body && expiry <= now)
    return `Acknowledgement 'expiry' timestamp must be in the future for object ${name}`
  if (acknowledgement !== null)
    return `${service === null ? 'Host' : 'Service'} ${name} is already acknowledged.`
  return null
}

function orderOf(action: string, { host, service }: Checkable, body: Body, raw: string): StandInOrder {
  const text = (key: string): string | null => (typeof body[key] === 'string' ? String(body[key]) : null)
  const what = WHAT[action] ?? 'comment'
  return { what, host, service, author: text('author'), comment: text('comment'), raw }
}

function remarkAttrs({ name, of, author, text, at, entryType, start, end, persistent }: Remark): Body {
  return {
    name: name.slice(name.lastIndexOf('!') + 1),
    host_name: of.host,
    service_name: of.service ?? '',
    author,
    text,
    comment: text,
    entry_time: at,
    entry_type: entryType,
    start_time: start,
    end_time: end,
    persistent,
  }
}

function done(status: string): Result {
  return { code: 200, status }
}

function found(results: readonly unknown[]): Reply {
  return { status: 200, body: { results } }
}

function answer(response: ServerResponse, { status, body }: Reply): void {
  // Numbers are written 200 by some versions and 200.0 by others.
  const text = typeof body === 'string' ? body : JSON.stringify(body).replaceAll('"code":200', '"code":200.0')
  const headers = status === 429 ? { 'retry-after': '7' } : {}
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}
