import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Check, columnsOf, holds, kept, newCheck, unacknowledge, unquote } from './checkmk-livestatus.ts'
import type { Fault, StandIn, StandInOrder } from './stand-in.ts'

/*
 * A Checkmk site's REST API, as far as it is used: what it refuses, what it takes without a word, what it decodes. It
 * keeps its objects as Livestatus does and carries commands out at once.
 */

export type CheckmkOptions = {
  /** As `GET /version` tells it. Before 2.4.0p8 `expire_on` is an unknown field. */
  readonly version?: string
  readonly edition?: string
  /** Lists are asked for with GET, as up to 2.2. */
  readonly listsByGet?: boolean
  /** Livestatus columns that it does not know. */
  readonly unknownColumns?: readonly string[]
  /** Epoch ms. */
  readonly now?: () => number
}

export type CheckmkStandIn = StandIn & {
  /** Everything that was asked for, `GET /version` included. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body: unknown }[]
  /** When the acknowledgement of a check ends, as it was given. */
  expiry(host: string, service: string | null): string | null
  /** Comments on a check, with the Livestatus entry type. */
  comments(host: string, service: string | null): readonly { author: string; comment: string; type: number }[]
  downtimes(host: string, service: string | null): readonly { author: string; comment: string }[]
  /** Answers the next request with this body and status 200. */
  answerOnce(body: string): void
}

type Fields = Readonly<Record<string, unknown>>
type Answer = { readonly status: number; readonly body?: unknown }

const SITE = '/mysite'
const API = `${SITE}/check_mk/api/1.0`
const USER = 'slackbridge'
const SECRET = 'gRm5-very-secret-of-checkmk'
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  acknowledge: [
    'acknowledge_type',
    'host_name',
    'service_description',
    'sticky',
    'persistent',
    'notify',
    'comment',
  ],
  remove: ['acknowledge_type', 'host_name', 'service_description'],
  comment: ['comment_type', 'host_name', 'service_description', 'comment', 'persistent'],
  downtime: [
    'downtime_type',
    'host_name',
    'service_descriptions',
    'start_time',
    'end_time',
    'recur',
    'duration',
    'comment',
  ],
  'remove-downtime': ['delete_type', 'query', 'site_id', 'downtime_id', 'host_name', 'service_descriptions'],
}
/** Where an order comes in → what it is. */
const ORDERS: Readonly<Record<string, StandInOrder['what']>> = {
  '/domain-types/acknowledge/collections/host': 'acknowledge',
  '/domain-types/acknowledge/collections/service': 'acknowledge',
  '/domain-types/acknowledge/actions/delete/invoke': 'remove',
  '/domain-types/comment/collections/host': 'comment',
  '/domain-types/comment/collections/service': 'comment',
  '/domain-types/downtime/collections/host': 'downtime',
  '/domain-types/downtime/collections/service': 'downtime',
  '/domain-types/downtime/actions/delete/invoke': 'remove-downtime',
}

/** Starts a site without any hosts. */
export async function startCheckmk(options: CheckmkOptions = {}): Promise<CheckmkStandIn> {
  const { version = '2.4.0p12', edition = 'cee', listsByGet = false, unknownColumns = [] } = options
  const checks = new Map<string, Check>()
  const orders: StandInOrder[] = []
  const requests: { method: string; path: string; body: unknown }[] = []
  const hung = new Set<ServerResponse>()
  let fault: Fault = 'well'
  let once: string | null = null
  let nextId = 1
  const takesExpiry = /^2\.(4\.0p([89]|\d\d)|[5-9])/.test(version)
  const keyOf = (host: string, service: string | null): string => JSON.stringify([host, service])
  const now = (): number => Math.floor((options.now ?? Date.now)() / 1000)
  const need = (host: string, service: string | null): Check => {
    const check = checks.get(keyOf(host, service))
    if (check === undefined) throw new Error(`The stand-in has no ${host} ${service}`)
    return check
  }
  const addComment = (check: Check, author: string, comment: string, type: number): void => {
    check.comments.push({ id: nextId++, author, comment, type, at: now() })
  }

  function perform(path: string, what: StandInOrder['what'], body: Fields, raw: string): Answer {
    const allowed = [...(FIELDS[what] ?? []), ...(what === 'acknowledge' && takesExpiry ? ['expire_on'] : [])]
    const unknown = Object.keys(body).filter((field) => !allowed.includes(field))
    if (unknown.length > 0) return badFields(Object.fromEntries(unknown.map((f) => [f, ['Unknown field.']])))
    if (what === 'remove-downtime') return removeDowntimes(body, raw)
    const host = String(body['host_name'] ?? '')
    if (!checks.has(keyOf(host, null))) return badFields({ host_name: [`Host not found: '${host}'`] })
    const named = Array.isArray(body['service_descriptions'])
      ? body['service_descriptions'][0]
      : body['service_description']
    const given = typeof named === 'string' ? named : null
    // Only acknowledging decodes the name, and once.
    const service = given !== null && what === 'acknowledge' ? unquote(given) : given
    const type = body['acknowledge_type'] ?? body['comment_type'] ?? body['downtime_type']
    if ((type === 'service') !== (service !== null) || (type !== 'host' && type !== 'service')) {
      return badFields({ type: ['Unsupported value.'] })
    }
    if (path.includes('/collections/') && !path.endsWith(`/${type}`))
      return badFields({ type: ['Wrong place.'] })
    const check = checks.get(keyOf(host, service))
    if (check === undefined) {
      if (what === 'downtime') return { status: 403, body: { title: 'Permission denied', status: 403 } }
      if (what === 'acknowledge') return serviceNotFound(host, service)
      return { status: 204 }
    }
    const text = body['comment'] === undefined ? null : String(body['comment'])
    if (what === 'acknowledge' && check.state === 0) {
      return { status: 422, body: { title: `Host '${host}' has no problem.`, status: 422 } }
    }
    if (what !== 'remove' && (text === null || text === '')) return badFields({ comment: ['Missing data.'] })
    carryOut(what, check, body, text ?? '')
    orders.push({ what, host, service, author: text === null ? null : USER, comment: text, raw })
    return { status: 204 }
  }

  function carryOut(what: StandInOrder['what'], check: Check, body: Fields, text: string): void {
    // The core reads the last field of a command: behind a semicolon would be the time at which it ends.
    const comment = text.split(';', 1)[0] ?? ''
    if (what === 'acknowledge') {
      check.acknowledged = body['sticky'] === false ? 1 : 2
      check.expiry = typeof body['expire_on'] === 'string' ? body['expire_on'] : null
      addComment(check, USER, comment, 4)
    } else if (what === 'remove') unacknowledge(check)
    else if (what === 'comment') addComment(check, USER, comment, 1)
    else {
      check.downtimes.push({
        id: nextId++,
        author: USER,
        comment,
        from: Date.parse(String(body['start_time'])) / 1000,
        until: Date.parse(String(body['end_time'])) / 1000,
      })
    }
  }

  function removeDowntimes(body: Fields, raw: string): Answer {
    if (body['delete_type'] !== 'query')
      return { status: 400, body: { title: 'Not in this stand-in', status: 400 } }
    for (const check of checks.values()) {
      const gone = check.downtimes.filter((downtime) =>
        holds(body['query'], {
          host_name: check.host,
          service_description: check.service ?? '',
          is_service: check.service === null ? 0 : 1,
          id: downtime.id,
          comment: downtime.comment,
        }),
      )
      for (const { comment } of gone) {
        orders.push({
          what: 'remove-downtime',
          host: check.host,
          service: check.service,
          author: null,
          comment,
          raw,
        })
      }
      check.downtimes = check.downtimes.filter((downtime) => !gone.includes(downtime))
    }
    return { status: 204 }
  }

  const endWhatIsOver = (check: Check): void => {
    if (check.expiry !== null && Date.parse(check.expiry) / 1000 <= now()) unacknowledge(check)
  }

  function list(sort: 'host' | 'service', query: unknown, columns: readonly string[]): Answer {
    for (const check of checks.values()) endWhatIsOver(check)
    const strange = columns.filter((column) => unknownColumns.includes(column))
    if (strange.length > 0) return badFields({ columns: { 0: [`Column ${strange[0]} could not be found.`] } })
    const value = [...checks.values()]
      .filter(({ service }) => (service === null) === (sort === 'host'))
      .map((check) => columnsOf(check, checks.get(keyOf(check.host, null))))
      .filter((row) => query === undefined || holds(query, row))
      .map((row) => ({
        domainType: sort,
        title: 'any',
        links: [],
        members: {},
        extensions: Object.fromEntries(columns.map((column) => [column, row[column]])),
      }))
    return { status: 200, body: { id: sort, domainType: sort, links: [], value } }
  }

  function route(method: string, url: URL, body: Fields, raw: string): Answer {
    const path = url.pathname.slice(API.length)
    if (method === 'GET' && path === '/version') {
      return {
        status: 200,
        body: { site: 'mysite', edition, versions: { checkmk: `${version}.${edition}` } },
      }
    }
    const sort = /^\/domain-types\/(host|service)\/collections\/all$/.exec(path)?.[1]
    if (sort === 'host' || sort === 'service') {
      if (method !== (listsByGet ? 'GET' : 'POST'))
        return { status: 405, body: { title: 'Method not allowed', status: 405 } }
      if (method === 'POST') return list(sort, body['query'], body['columns'] as string[])
      return list(
        sort,
        JSON.parse(url.searchParams.get('query') ?? 'null'),
        url.searchParams.getAll('columns'),
      )
    }
    const what = ORDERS[path]
    if (what === undefined || method !== 'POST')
      return { status: 404, body: { title: 'Not Found', status: 404 } }
    return perform(path, what, body, raw)
  }

  function answer(request: IncomingMessage, response: ServerResponse, raw: string): void {
    const url = new URL(request.url ?? '/', 'http://site')
    const method = request.method ?? ''
    const body = raw === '' ? {} : (JSON.parse(raw) as Fields)
    requests.push({ method, path: url.pathname.slice(API.length) + url.search, body })
    const send = ({ status, body: sent }: Answer): void => {
      const headers = status === 429 ? { 'retry-after': '7' } : {}
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      response.end(sent === undefined ? undefined : JSON.stringify(sent))
    }
    if (!url.pathname.startsWith(`${API}/`)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not Found</h1>')
      return
    }
    if (fault === 'hangs') {
      hung.add(response)
      return
    }
    if (typeof fault === 'number') {
      // What a careless proxy might do.
      const echo = `refused ${request.headers.authorization}`
      return send({ status: fault, body: { title: 'Fault', status: fault, detail: echo } })
    }
    if (fault === 'garbage') {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<html>log in, ${request.headers.authorization}</html>`)
      return
    }
    if (once !== null) {
      const text = once
      once = null
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
      return
    }
    if (request.headers.authorization !== `Bearer ${USER} ${SECRET}`) {
      return send({ status: 401, body: { title: 'Wrong credentials (Bearer header)', status: 401 } })
    }
    const answered = route(method, url, body, raw)
    if (fault === 'loses-answer') request.socket.destroy()
    else send(answered)
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((done) => {
      server.listen(port, '127.0.0.1', done)
    })
  const stop = (): Promise<void> =>
    new Promise((done) => {
      if (!server.listening) return done()
      server.close(() => done())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo

  return {
    settings: { kind: 'checkmk', url: `http://127.0.0.1:${port}${SITE}`, user: USER, secret: SECRET },
    secrets: [SECRET],
    orders,
    requests,
    get received() {
      return requests.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`)
    },
    set: (given) => {
      const key = keyOf(given.host, given.service)
      const before = checks.get(key)
      if (given.service !== null && !checks.has(keyOf(given.host, null))) {
        checks.set(keyOf(given.host, null), newCheck({ host: given.host, service: null, state: 'UP' }, now()))
      }
      const check = { ...newCheck(given, now()), ...(before === undefined ? {} : kept(before)) }
      checks.set(key, check)
      if (before === undefined || before.state === check.state) return
      // A state that is well ends every acknowledgement, another one those that are not sticky.
      if (check.state === 0 || check.acknowledged === 1) unacknowledge(check)
    },
    forget: (host, service) => {
      for (const [key, check] of checks) {
        if (check.host === host && (service === null || check.service === service)) checks.delete(key)
      }
    },
    acknowledge: (host, service, { author, comment, sticky = true }) => {
      const check = need(host, service)
      check.acknowledged = sticky ? 2 : 1
      addComment(check, author, comment, 4)
    },
    unacknowledge: (host, service) => unacknowledge(need(host, service)),
    downtime: (host, service, on) => {
      const check = need(host, service)
      if (!on) check.downtimes = []
      else {
        const from = now()
        check.downtimes.push({ id: nextId++, author: 'cmkadmin', comment: 'work', from, until: from + 3600 })
      }
    },
    acknowledged: (host, service) => {
      const check = checks.get(keyOf(host, service))
      if (check !== undefined) endWhatIsOver(check)
      if (check === undefined || check.acknowledged === 0) return null
      const last = check.comments.filter(({ type }) => type === 4).at(-1)
      return { author: last?.author ?? '', comment: last?.comment ?? '', sticky: check.acknowledged === 2 }
    },
    inDowntime: (host, service) => (checks.get(keyOf(host, service))?.downtimes.length ?? 0) > 0,
    key: (host, service) => (service === null ? host : `${host}\u001f${service}`),
    expiry: (host, service) => need(host, service).expiry,
    comments: (host, service) => need(host, service).comments,
    downtimes: (host, service) => need(host, service).downtimes,
    answerOnce: (text) => {
      once = text
    },
    behave: async (next) => {
      const was = fault
      fault = next
      for (const response of hung) response.destroy()
      hung.clear()
      if (next === 'away') await stop()
      else if (was === 'away') await listen(port)
    },
    close: stop,
  }
}

function badFields(fields: Readonly<Record<string, unknown>>): Answer {
  const detail = `These fields have problems: ${Object.keys(fields).join(', ')}`
  return { status: 400, body: { title: 'Bad Request', status: 400, detail, fields } }
}

function serviceNotFound(host: string, service: string | null): Answer {
  const detail = `Service '${service}'@'${host}' could not be found.`
  return { status: 400, body: { title: 'Service not found', status: 400, detail } }
}
