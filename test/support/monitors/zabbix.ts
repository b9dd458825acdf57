import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault, StandIn, StandInCheck, StandInOrder } from './stand-in.ts'
import { ApiError, isOpen, type Trigger, updateEvent, type ZabbixEvent } from './zabbix-events.ts'

/*
 * The API of a Zabbix frontend, as far as it is used: errors with status 200, everything as text, a token that belongs into
 * the body or a header depending on the release. It keeps triggers and their events, and carries orders out at once.
 */

export type ZabbixOptions = {
  /** As `apiinfo.version` tells it. */
  readonly version?: string
  /** Epoch ms. */
  readonly now?: () => number
}

export type ZabbixStandIn = StandIn & {
  /** Everything that was asked for, the release included. */
  readonly calls: readonly { readonly method: string; readonly params: Json; readonly headers: Headers }[]
  /** Answers the next call of this method, or the one after so many, with this body and status 200. */
  answerOnce(method: string, body: string, after?: number): void
  /** From now on it is another release, as after an upgrade. */
  become(version: string): void
}

// biome-ignore lint/suspicious/noExplicitAny: what arrives is looked into where it is needed
type Json = any
type Headers = Readonly<Record<string, string | string[] | undefined>>

const TOKEN = '5f1c0ffee0ddba11deadbeef'.padEnd(64, '0')
const API_USER = '7'
/** Of a host itself there is a trigger of this name. */
const OF_HOST = 'Unavailable'
const TAGS = { team: 'web' }

/** @returns the id of an event of a trigger: of its first problem, its second and so on */
export function zabbixEventId(host: string, service: string | null, problem = 1): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([host, service ?? OF_HOST]))
    .digest()
  return String(digest.readUIntBE(0, 5) * 1_000 + 1_000 + problem)
}

/** Starts a Zabbix without any hosts. */
export async function startZabbixStandIn(options: ZabbixOptions = {}): Promise<ZabbixStandIn> {
  let version = options.version ?? '6.0.14'
  const triggers = new Map<string, Trigger>()
  const orders: StandInOrder[] = []
  const calls: { method: string; params: Json; headers: Headers }[] = []
  const received: string[] = []
  const users = new Map([[API_USER, 'ackbridge']])
  const hung = new Set<ServerResponse>()
  const once = new Map<string, { body: string; after: number }>()
  let fault: Fault = 'well'
  const now = (): number => Math.floor((options.now ?? Date.now)() / 1000)
  const release = (): number => {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return major * 100 + minor
  }
  const keyOf = (host: string, service: string | null): string => JSON.stringify([host, service ?? OF_HOST])
  const last = (host: string, service: string | null): ZabbixEvent => {
    const event = triggers.get(keyOf(host, service))?.events.at(-1)
    if (event === undefined) throw new Error(`The stand-in has no problem of ${host} ${service}`)
    return event
  }
  const all = (): readonly { trigger: Trigger; event: ZabbixEvent }[] =>
    [...triggers.values()].flatMap((trigger) => trigger.events.map((event) => ({ trigger, event })))

  function rowOf(trigger: Trigger, event: ZabbixEvent, params: Json): object {
    const suppression = suppressionOf(trigger, event, now())
    const hosts = [{ hostid: '1', host: trigger.host, name: trigger.displayName }]
    const acknowledges = event.updates.map((update) => ({ ...update, action: String(update.action) }))
    return {
      eventid: event.id,
      objectid: trigger.id,
      name: trigger.service,
      clock: String(event.clock),
      severity: String(event.severity),
      acknowledged: event.acknowledged ? '1' : '0',
      opdata: trigger.output,
      suppressed: suppression.length > 0 ? '1' : '0',
      r_eventid: event.recovery ?? '0',
      ...(params.selectHosts === undefined ? {} : { hosts }),
      ...(params.selectAcknowledges === undefined ? {} : { acknowledges }),
      ...(params.selectSuppressionData === undefined ? {} : { suppression_data: suppression }),
    }
  }

  const METHODS: Readonly<Record<string, (params: Json, raw: string) => Json>> = {
    'event.get': (params) =>
      all()
        .filter(({ event }) => params.eventids.includes(event.id))
        .map(({ trigger, event }) => rowOf(trigger, event, params)),
    'problem.get': (params) =>
      all()
        .filter(({ event }) => isOpen(event) && (params.eventids?.includes(event.id) ?? true))
        .map(({ trigger, event }) => rowOf(trigger, event, params)),
    'trigger.get': ({ triggerids }) =>
      [...triggers.values()]
        .filter(({ id }) => triggerids.includes(id))
        .map(({ id, host, displayName }) => ({
          triggerid: id,
          hosts: [{ hostid: '1', host, name: displayName }],
        })),
    'user.get': ({ userids }) =>
      [...users]
        .filter(([userid]) => userids.includes(userid))
        .map(([userid, username]) => ({ userid, username, name: '', surname: '' })),
    'event.acknowledge': (params, raw) => {
      const found = all().filter(({ event }) => params.eventids.map(String).includes(event.id))
      if (found.length !== params.eventids.length || found.length === 0)
        throw new ApiError(-32500, 'No permissions to referred object or it does not exist!')
      for (const { trigger, event } of found) {
        const what = updateEvent(event, params, { userid: API_USER, clock: now(), release: release() })
        const isNamed = what !== 'remove' && what !== 'remove-downtime'
        orders.push({
          what,
          host: trigger.host,
          service: trigger.service === OF_HOST ? null : trigger.service,
          author: isNamed ? 'ackbridge' : null,
          comment: isNamed ? params.message : null,
          raw,
        })
      }
      return { eventids: params.eventids.map(Number) }
    },
  }

  function perform({ method, params, auth }: Json, headers: Headers, raw: string): Json {
    if (method === 'apiinfo.version') {
      if (auth !== undefined || headers['authorization'] !== undefined)
        throw new ApiError(
          -32602,
          'The "apiinfo.version" method must be called without the "auth" parameter.',
        )
      return version
    }
    if (release() >= 702 && auth !== undefined)
      throw new ApiError(-32600, 'Invalid parameter "/": unexpected parameter "auth".')
    const given = release() >= 604 ? headers['authorization'] : `Bearer ${auth}`
    if (given !== `Bearer ${TOKEN}`) throw new ApiError(-32602, 'Not authorized.')
    const perform = METHODS[method]
    if (perform === undefined) throw new ApiError(-32602, `Incorrect API "${method}".`)
    return perform(params, raw)
  }

  function answer(request: IncomingMessage, response: ServerResponse, raw: string): void {
    received.push(`${request.method} ${request.url} ${raw}`)
    const echo = `${request.headers.authorization} ${raw}`
    if (fault === 'hangs') return void hung.add(response)
    if (typeof fault === 'number') {
      // What a careless proxy might do.
      const headers = fault === 429 ? { 'retry-after': '7' } : {}
      return void response.writeHead(fault, headers).end(`refused: ${echo}`)
    }
    if (fault === 'garbage') return void response.writeHead(200).end(`<html>log in, ${echo}</html>`)
    if (request.url !== '/zabbix/api_jsonrpc.php') return void response.writeHead(404).end('Not Found')
    if (!/^application\/json(-rpc)?\b/.test(request.headers['content-type'] ?? ''))
      return void response.writeHead(412).end()
    const call = JSON.parse(raw) as Json
    calls.push({ method: call.method, params: call.params, headers: request.headers })
    const planned = once.get(call.method)
    const isDue = planned !== undefined && planned.after-- === 0
    if (isDue) once.delete(call.method)
    const text = isDue ? planned.body : null
    const body = text ?? JSON.stringify({ jsonrpc: '2.0', ...resultOf(call, request.headers), id: call.id })
    if (fault === 'loses-answer') request.socket.destroy()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }

  function resultOf(call: Json, headers: Headers): object {
    try {
      return { result: perform(call, headers, JSON.stringify(call.params)) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const message = error.code === -32602 ? 'Invalid params.' : 'Application error.'
      return { error: { code: error.code, message, data: error.message } }
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((done) => server.listen(port, '127.0.0.1', done))
  const stop = (): Promise<void> =>
    new Promise((done) => {
      if (!server.listening) return done()
      server.close(() => done())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo

  function set(given: StandInCheck): void {
    const { host, service, state, output = '' } = given
    const key = keyOf(host, service)
    const before = triggers.get(key)
    const trigger: Trigger = {
      id: zabbixEventId(host, service, 0),
      host,
      service: service ?? OF_HOST,
      events: before?.events ?? [],
      inMaintenance: before?.inMaintenance ?? false,
      displayName: given.hostDisplayName ?? host,
      output,
    }
    triggers.set(key, trigger)
    const open = trigger.events.at(-1)
    if (state === 'OK' || state === 'UP') {
      if (open !== undefined) open.recovery = String(Number(open.id) + 500)
      return
    }
    const severity = state === 'WARNING' ? 2 : 4
    if (open !== undefined && isOpen(open)) open.severity = severity
    else {
      const id = zabbixEventId(host, service, trigger.events.length + 1)
      trigger.events.push({
        id,
        clock: now(),
        severity,
        acknowledged: false,
        recovery: null,
        suppressedUntil: null,
        updates: [],
      })
    }
  }

  const useridOf = (name: string): string => {
    for (const [userid, known] of users) if (known === name) return userid
    const userid = String(users.size + 100)
    users.set(userid, name)
    return userid
  }

  return {
    settings: { kind: 'zabbix', url: `http://127.0.0.1:${port}/zabbix`, token: TOKEN },
    secrets: [TOKEN],
    orders,
    calls,
    received,
    set,
    forget: (host, service) => {
      for (const [key, trigger] of triggers)
        if (trigger.host === host && (service === null || trigger.service === service)) triggers.delete(key)
    },
    acknowledge: (host, service, { author, comment }) => {
      const by = { userid: useridOf(author), clock: now(), release: release() }
      const event = last(host, service)
      // Whoever takes it over takes it away first.
      if (event.acknowledged) updateEvent(event, { action: 16 }, by)
      updateEvent(
        event,
        comment.replaceAll('\u0000', '') === ''
          ? { action: 2 }
          : { action: 6, message: comment.replaceAll('\u0000', '').slice(0, 2048) },
        by,
      )
    },
    unacknowledge: (host, service) => {
      updateEvent(last(host, service), { action: 16 }, { userid: '1', clock: now(), release: release() })
    },
    downtime: (host, service, on) => {
      const trigger = triggers.get(keyOf(host, service))
      if (trigger !== undefined) trigger.inMaintenance = on
      if (!on) last(host, service).suppressedUntil = null
    },
    acknowledged: (host, service) => {
      const event = triggers.get(keyOf(host, service))?.events.at(-1)
      if (event === undefined || !isOpen(event) || !event.acknowledged) return null
      const by = event.updates.findLast(({ action }) => (action & 2) !== 0)
      return { author: users.get(by?.userid ?? '') ?? '', comment: by?.message ?? '' }
    },
    inDowntime: (host, service) => {
      const trigger = triggers.get(keyOf(host, service))
      const event = trigger?.events.at(-1)
      return trigger !== undefined && event !== undefined && suppressionOf(trigger, event, now()).length > 0
    },
    labels: () => TAGS,
    key: (host, service) => {
      const problems = triggers.get(keyOf(host, service))?.events.length ?? 0
      return zabbixEventId(host, service, Math.max(1, problems))
    },
    answerOnce: (method, body, after = 0) => void once.set(method, { body, after }),
    become: (next) => {
      version = next
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

/** A problem of a check, the way of the media type. */
export function zabbixNotification(host: string, service: string | null, state: string): object {
  const isOver = state === 'OK' || state === 'UP'
  return {
    event_source: '0',
    event_id: zabbixEventId(host, service),
    event_value: isOver ? '0' : '1',
    event_nseverity: state === 'WARNING' ? '2' : '4',
    event_update_status: '0',
    event_name: service ?? OF_HOST,
    host_host: host,
    host_name: host,
    event_tags: JSON.stringify(Object.entries(TAGS).map(([tag, value]) => ({ tag, value }))),
    user_fullname: '{USER.FULLNAME}',
  }
}

function suppressionOf({ inMaintenance }: Trigger, event: ZabbixEvent, now: number): readonly object[] {
  const { suppressedUntil } = event
  return [
    ...(inMaintenance ? [{ maintenanceid: '3', suppress_until: String(now + 3600) }] : []),
    ...(suppressedUntil !== null && suppressedUntil > now
      ? [{ maintenanceid: '0', userid: API_USER, suppress_until: String(suppressedUntil) }]
      : []),
  ]
}
