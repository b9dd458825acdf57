import { describe, expect, it } from 'vitest'
import { TestLog } from '../../../test/support/test-log.ts'
import type { Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import type { Call, Http } from '../shared/http.ts'
import { callIcinga } from './call-icinga.ts'
import { reader } from './reconcile.ts'

const NOW = 1_795_291_200_000

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

type Json = Readonly<Record<string, unknown>>
type Objects = Partial<Record<'hosts' | 'services' | 'comments' | 'downtimes', readonly Json[] | number>>

function service(name: string, attrs: Json = {}): Json {
  const [host_name] = name.split('!')
  const last_check_result = { output: 'refused\nmore', state: 2 }
  const basics = { host_name, state: 2, state_type: 1, problem: true, last_check_result, ...attrs }
  return { name, attrs: basics, joins: { host: { display_name: 'Web server 1' } } }
}

function host(name: string, attrs: Json = {}): Json {
  return { name, attrs: { state: 1, state_type: 1, problem: true, last_check_result: {}, ...attrs } }
}

/** A reader of an Icinga that has these objects; a number is a status that it answers instead. */
function readerOf(objects: Objects, bigNames: readonly string[] = []) {
  const calls: Call[] = []
  const log = new TestLog()
  const http = {
    call: (call: Call) => {
      calls.push(call)
      const type = call.path.replace('/v1/objects/', '') as keyof Objects
      const all = objects[type] ?? []
      const reply = (status: number, body: object | string) =>
        Promise.resolve({ status, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) })
      if (typeof all === 'number') return reply(all, { error: all })
      const { [type]: names, attrs } = call.body as Record<string, readonly string[] | undefined>
      if (names === undefined) return reply(200, { results: all })
      const found = names.map((name) => all.find((object) => object['name'] === name))
      if (found.includes(undefined)) return reply(404, { error: 404, status: 'No objects found.' })
      const isBig = names.some((name) => bigNames.includes(name)) && attrs?.includes('last_check_result')
      return isBig ? tooBig(name) : reply(200, { results: found })
    },
  } as unknown as Http
  const name = 'icinga'
  const around = { name, clock: { now: () => NOW }, log } as unknown as MonitorSurroundings
  return { calls, log, ...reader(callIcinga(http, around), around) }
}

async function tooBig(name: string): Promise<never> {
  const { Failure } = await import('../../core/failure.ts')
  throw new Failure('invalid', { kind: 'later' }, `${name} answered with more than 5 MiB.`)
}

describe('reading back', () => {
  it('tells all of a check', async () => {
    const attrs = {
      display_name: 'Web',
      acknowledgement: 2,
      acknowledgement_expiry: NOW / 1000 + 60,
      downtime_depth: 1,
      flapping: true,
      last_hard_state_change: NOW / 1000 - 5.5,
    }
    const of = { host_name: 'web01', service_name: 'http' }
    const { read } = readerOf({
      services: [service('web01!http', attrs)],
      comments: [
        { attrs: { ...of, author: 'Old', text: 'old', entry_time: 1, entry_type: 4 } },
        { attrs: { ...of, author: 'Ann', text: 'mine\u0007 [x]', entry_time: NOW / 1000, entry_type: 4 } },
        { attrs: { ...of, author: 'Cid', text: 'talk', entry_time: NOW / 1000 + 5, entry_type: 1 } },
        { attrs: { ...of, service_name: '', author: 'Dee', text: 'x', entry_time: NOW, entry_type: 4 } },
      ],
      downtimes: [
        {
          name: 'web01!http!1',
          attrs: { ...of, author: 'Ben', comment: 'disks', start_time: 10, end_time: 20.5 },
        },
        { name: 'web01!2', attrs: { ...of, service_name: '', author: 'Ben', start_time: 1, end_time: 2 } },
      ],
    })

    const { asOf, checks } = await read([target('web01', 'http')])
    expect(asOf).toBe(NOW)
    expect([...checks]).toEqual([
      [
        'web01\u001fhttp',
        {
          key: 'web01\u001fhttp',
          host: 'web01',
          service: 'http',
          hostDisplayName: 'Web server 1',
          serviceDisplayName: 'Web',
          state: 'CRITICAL',
          hard: true,
          output: 'refused',
          since: NOW - 5_500,
          acknowledged: true,
          acknowledgement: {
            author: 'Ann',
            comment: 'mine [x]',
            at: NOW,
            until: NOW + 60_000,
            sticky: true,
          },
          inDowntime: true,
          downtimes: [
            { reference: 'web01!http!1', author: 'Ben', comment: 'disks', from: 10_000, until: 20_500 },
          ],
          isFlapping: true,
        },
      ],
    ])
  })

  it('leaves unknown objects out, though one makes Icinga refuse all that are asked for with it', async () => {
    const known = Array.from({ length: 450 }, (_, at) => `web01!s${at}`)
    const { read, calls } = readerOf({ services: known.map((name) => service(name)), hosts: [host('web01')] })

    const asked = [...known.map((name) => target('web01', name.slice(6))), target('web01', 'gone')]
    const { checks } = await read([
      ...asked,
      target('web02', null),
      target('web01', null),
      target('a!b', null),
    ])
    expect(checks.size).toBe(451)
    expect(checks.has('web01\u001fgone')).toBe(false)
    expect(calls.length).toBeLessThan(30)
    for (const { body } of calls) expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(1_000_000)
  })

  it('asks nothing when nothing can be asked: an empty list of names would mean all', async () => {
    const { read, calls } = readerOf({})
    expect((await read([])).checks.size).toBe(0)
    expect((await read([target('', null), target('a', '!')])).checks.size).toBe(0)
    expect(calls).toEqual([])
  })

  it('does without the output of the check whose output is too long', async () => {
    const { read } = readerOf({ services: [service('h!a'), service('h!big'), service('h!c')] }, ['h!big'])
    const { checks } = await read([target('h', 'a'), target('h', 'big'), target('h', 'c')])
    expect(checks.size).toBe(3)
    expect(checks.get('h\u001fa')?.output).toBe('refused')
  })

  it('does without words and downtimes where they may not be read, and says so once', async () => {
    const { read, log } = readerOf({
      hosts: [host('h', { acknowledgement: 1 })],
      comments: 404,
      downtimes: 403,
    })
    await read([target('h', null)])
    const { checks } = await read([target('h', null)])
    expect(checks.get('h')).toMatchObject({ acknowledged: true, acknowledgement: null, downtimes: null })
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
  })

  it('does not hide that the monitor is away behind that', async () => {
    const { read } = readerOf({ hosts: [host('h')], downtimes: 503 })
    await expect(read([target('h', null)])).rejects.toMatchObject({ retry: { kind: 'later' } })
  })

  it('takes an acknowledgement that has ended for none, and a check that was never made for not sure', async () => {
    const ended = { acknowledgement: 1, acknowledgement_expiry: NOW / 1000 - 1 }
    const { read } = readerOf({
      hosts: [host('h', ended), host('new', { last_check_result: null, state_type: 0 })],
    })
    const { checks } = await read([target('h', null), target('new', null)])
    expect(checks.get('h')).toMatchObject({ acknowledged: false, acknowledgement: null, hard: true })
    expect(checks.get('new')).toMatchObject({ hard: false, since: null })
  })

  it('makes sense of objects in which nothing is as it should be', async () => {
    const odd = { state: 'x', state_type: [], acknowledgement: {}, flapping: 1, last_check_result: 'x' }
    const { read } = readerOf({ hosts: [{ name: 'h', attrs: odd, joins: 5 }], services: [{ name: 5 }] })
    expect((await read([target('h', null)])).checks.get('h')).toMatchObject({
      state: 'DOWN',
      hard: false,
      output: '',
      isFlapping: null,
    })
  })
})

describe('reading problems', () => {
  it('finds what is not well, under the keys that notifications have', async () => {
    const { readProblems, calls } = readerOf({
      hosts: [host('up', { problem: false, state: 0 }), host('web01')],
      services: [service('web01!Disk /'), service('web01!ok', { problem: false, state: 0 })],
    })
    const { checks } = await readProblems()
    expect([...checks.keys()]).toEqual(['web01', 'web01\u001fDisk /'])
    for (const { body } of calls) expect(body).not.toHaveProperty('filter')
  })

  it.each([404, 403])('fails when nothing may be read (%i)', async (status) => {
    await expect(readerOf({ hosts: status }).readProblems()).rejects.toMatchObject({ name: 'Failure' })
  })
})

it('a downtime of ours is found by its mark, at its own check only', async () => {
  const attrs = { host_name: 'h', service_name: 's', comment: 'x [ackbridge:0123456789]' }
  const { findDowntime } = readerOf({ downtimes: [{ name: 'h!s!1', attrs }] })
  expect(await findDowntime(target('h', 's'), '[ackbridge:0123456789]')).toBe('h!s!1')
  expect(await findDowntime(target('h', null), '[ackbridge:0123456789]')).toBeNull()
  expect(await findDowntime(target('h', 's'), '[ackbridge:9999999999]')).toBeNull()
})
