import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notification } from '../../core/notification.ts'
import type { Intake } from '../monitor.ts'
import { config } from './config.ts'
import { notify as notifyOf } from './notify.ts'

function notify(value: unknown, map: object | null, preset?: string): Intake {
  const settings = config.parse({
    kind: 'generic',
    ...(map === null ? {} : { map }),
    ...(preset ? { preset } : {}),
  })
  return notifyOf({ value }, { monitor: 'app', settings })
}

function one(value: unknown, map: object | null, preset?: string): Notification {
  const { notifications, rejected } = notify(value, map, preset)
  expect(rejected).toEqual([])
  expect(notifications).toHaveLength(1)
  return notifications[0] as Notification
}

/** What is wrong, as `path message`. */
function faults(value: unknown, map: object | null, preset?: string): string[] {
  const { notifications, rejected } = notify(value, map, preset)
  expect(notifications).toEqual([])
  return rejected.flat().map(({ path, message }) => `${path} ${message}`.trim())
}

describe('a heartbeat of Uptime Kuma', () => {
  it.each(['__proto__', 'constructor', '4', ''])('whose status is %j is refused', (status) => {
    const body = { heartbeat: { status, msg: 'x' }, monitor: { id: 1, name: 'Web' }, msg: 'x' }
    expect(faults(body, null, 'uptime-kuma')[0]).toMatch(/^heartbeat\.status has to be 0 \(down\)/)
  })
})

describe('a map', () => {
  const MAP = { host: 'h', service: { text: 'app' }, state: 's' }

  it('takes every part from where it says', () => {
    const all = {
      host: 'x.host',
      service: 'x.service',
      state: 'x.state',
      type: 'x.type',
      key: 'x.key',
      episode: 'x.n',
      id: 'x.n',
      time: 'x.time',
      output: '{x.a} and {x.b}',
      longOutput: 'x.list',
      author: 'x.a',
      comment: 'x.b',
      url: 'x.url',
      address: 'x.a',
      hostDisplayName: 'x.a',
      serviceDisplayName: 'x.b',
      labels: { a: 'x.a', b: { text: 'B' }, c: 'x.none' },
      fields: [
        { label: 'F', value: 'x.n' },
        { label: 'G', value: 'x.none' },
      ],
    }
    const x = {
      host: 'h',
      service: 's',
      state: 'Critical',
      type: 'problem',
      key: 'k',
      n: 7,
      time: 1_795_291_200_000,
      a: 'A',
      b: 'B',
      list: ['l1', 2, true],
      url: 'https://x.example.com',
    }
    expect(one({ x }, all)).toEqual({
      monitor: 'app',
      host: 'h',
      service: 's',
      state: 'CRITICAL',
      type: 'PROBLEM',
      key: 'k',
      episode: '7',
      id: '7',
      time: 1_795_291_200_000,
      output: 'A and B',
      longOutput: 'l1, 2, true',
      author: 'A',
      comment: 'B',
      url: 'https://x.example.com',
      address: 'A',
      hostDisplayName: 'A',
      serviceDisplayName: 'B',
      labels: { a: 'A', b: 'B' },
      fields: [{ label: 'F', value: '7' }],
      channel: null,
    })
  })

  it.each([
    ['firing', 'CRITICAL'],
    ['Resolved', 'OK'],
    [' warn ', 'WARNING'],
    ['DOWN', 'CRITICAL'],
    ['up', 'OK'],
    ['unknown', 'UNKNOWN'],
  ])('knows the state %j without being told', (s, state) => {
    expect(one({ h: 'a', s }, MAP)).toMatchObject({ state, type: state === 'OK' ? 'RECOVERY' : 'PROBLEM' })
  })

  it.each([1, '2', 'red', true, '', {}, [], null, undefined])('does not guess what the state %j is', (s) => {
    expect(faults({ h: 'a', s }, MAP)).toEqual([expect.stringMatching(/^s .*\(for state\)$/)])
  })

  it('makes a state fit a host that has no service', () => {
    const states = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'UNREACHABLE'].map(
      (s) => one({ h: 'a', s }, { host: 'h', state: 's' }).state,
    )
    expect(states).toEqual(['UP', 'DOWN', 'DOWN', 'UNREACHABLE', 'UNREACHABLE'])
  })

  it('says what words mean: outright before by a glob, in any case, then the default', () => {
    const state = {
      path: 's',
      values: { 'p*': 'WARNING', p1: 'CRITICAL', '0': 'OK', true: 'UNKNOWN' },
      default: 'DOWN',
    }
    const states = ['P1', 'p3', 0, true, 'x', null].map((s) => one({ h: 'a', s }, { ...MAP, state }).state)
    expect(states).toEqual(['CRITICAL', 'WARNING', 'OK', 'UNKNOWN', 'CRITICAL', 'CRITICAL'])
    const strict = { ...MAP, state: { path: 's', values: { a: 'OK' } } }
    expect(faults({ h: 'a', s: 'firing' }, strict)).toEqual([
      's is “firing”, which its values do not name (for state)',
    ])
  })

  it('takes the default also for a word that is no state', () => {
    expect(one({ h: 'a', s: 'red' }, { ...MAP, state: { path: 's', default: 'WARNING' } }).state).toBe(
      'WARNING',
    )
  })

  it('repeats no word in a fault that may be a secret', () => {
    for (const s of ['xoxb-1:2', `x${'y'.repeat(50)}`, 'a\u0000b', 'https://x/y?z'])
      expect(faults({ h: 'a', s }, MAP)[0]).toContain('another text than a word')
  })

  it('without a state makes events', () => {
    expect(one({ h: 'a' }, { host: 'h' })).toMatchObject({ type: 'EVENT', state: null })
  })

  it('refuses what leaves out who and where, and goes without what only tells more', () => {
    const full = { ...MAP, service: 'v', key: 'k', type: 't', url: 'u', output: 'o', time: 'd', labels: 'l' }
    expect(faults({ s: 'ok' }, full)).toEqual([
      'h is not there: the body holds s (for host)',
      'v is not there: the body holds s (for service)',
      'k is not there: the body holds s (for key)',
      't is not there: the body holds s (for type)',
    ])
    const least = {
      h: 'a',
      v: '',
      k: 'k',
      t: 'problem',
      s: 'down',
      u: 'no link',
      l: 'no section',
      d: '0001-01-01T00:00:00Z',
    }
    expect(one(least, full)).toMatchObject({
      service: null,
      state: 'DOWN',
      url: null,
      output: '',
      time: null,
      labels: null,
    })
  })

  it('makes no half of a name, and leaves gaps in words', () => {
    expect(faults({ a: 'x' }, { host: '{a}-{b}' })).toEqual(['b is not there: the body holds a (for host)'])
    expect(one({ a: 'x' }, { host: 'a', output: '{a}-{b}' }).output).toBe('x-')
  })

  it('refuses a time that it cannot read', () => {
    expect(faults({ h: 'a', d: 'yesterday' }, { host: 'h', time: 'd' })).toEqual([
      'd is no time: ISO 8601, or seconds or milliseconds since 1970 (for time)',
    ])
  })

  it('tells each element of a list, and reaches the top from it', () => {
    const { notifications, rejected } = notify(
      { at: 'top', list: [{ h: 'a' }, { x: 1 }, 7, { h: 'b' }] },
      { each: 'list', host: 'h', output: '$.at' },
    )
    expect(notifications.map(({ host, output }) => [host, output])).toEqual([
      ['a', 'top'],
      ['b', 'top'],
    ])
    expect(rejected.map(([issue]) => issue?.path)).toEqual(['list[1].h', 'list[2].h'])
    expect(notify([{ h: 'a' }, { h: 'b' }], { host: 'h' }).notifications).toHaveLength(2)
    expect(one({ list: ['web01'] }, { each: 'list', host: '@' }).host).toBe('web01')
  })

  it.each([
    [{ list: {} }, 'list is empty, and each needs a list'],
    [{ list: 'x' }, 'list is a text, and each needs a list'],
    [{}, 'list is not there: the body is empty (for each)'],
    [null, 'list is not there: the body is null (for each)'],
    [{ list: [] }, 'holds nothing to be told'],
  ])('of a list refuses %j', (body, said) => {
    expect(faults(body, { each: 'list', host: 'h' })).toEqual([said])
  })

  it('takes a thousand, and says how many it did not take', () => {
    const { notifications, rejected } = notify(
      Array.from({ length: 1_007 }, () => ({ h: 'a' })),
      { host: 'h' },
    )
    expect(notifications).toHaveLength(1_000)
    expect(rejected.flat()[0]?.message).toContain('7 were not taken')
  })

  it('tells things apart whose long names begin alike, and keeps all in bounds', () => {
    const keys = [1, 2].map((n) => {
      const long = 'x'.repeat(5_000) + n
      const n1 = one(
        { h: long, k: long },
        { host: 'h', key: 'k', id: 'k', episode: 'k', labels: '@', output: 'h' },
      )
      for (const part of [n1.key, n1.id ?? '', n1.episode ?? '', n1.host])
        expect(part.length).toBeLessThanOrEqual(1_024)
      return n1.key
    })
    expect(keys[0]).not.toBe(keys[1])
  })

  it('does not take long for a large body that every notification repeats', () => {
    const body = { big: 'x'.repeat(700_000), list: Array.from({ length: 1_000 }, () => ({ h: 'a' })) }
    const output = '{$.big}'.repeat(20)
    const begin = performance.now()
    notify(body, { each: 'list', host: 'h', output, longOutput: output, comment: output })
    expect(performance.now() - begin).toBeLessThan(5_000)
  })

  it('never throws, whatever the map and whatever the body', () => {
    const path = fc.oneof(
      fc.constantFrom(
        'a',
        'a.b',
        '@',
        '$',
        '$.a',
        'a[0]',
        '__proto__',
        'constructor.name',
        '"odd x".0',
        '{a}-{b}',
      ),
      fc
        .string({ maxLength: 6 })
        .filter((text) => config.safeParse({ kind: 'generic', map: { host: text } }).success),
    )
    const part = fc.oneof(
      path,
      fc.record({ path: fc.constantFrom('a', 'b.c'), default: fc.string() }),
      fc.record({
        text: fc.constantFrom('x', '{a}'),
        values: fc.dictionary(fc.constantFrom('*', 'a', '?'), fc.string()),
      }),
    )
    const parts = Object.fromEntries(
      ['host', 'service', 'key', 'id', 'output', 'url', 'time', 'comment', 'episode'].map((name) => [
        name,
        part,
      ]),
    )
    const maps = fc.record(
      {
        ...parts,
        each: fc.constantFrom('a', '$', '@', 'a.b'),
        state: fc.constantFrom('a', { path: 'a', default: 'OK' }, { text: '{b}' }),
        type: fc.constantFrom('a', { text: 'CUSTOM' }, { path: 'a', values: { '*': 'EVENT' } }),
        labels: fc.constantFrom('a', '@', '$', { x: 'a', __proto__: 'b' }),
        fields: fc.constant([{ label: 'x', value: 'a' }]),
      },
      { requiredKeys: ['host'] as never[] },
    )
    const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'odd x')
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          fc.jsonValue({ maxDepth: 1 }),
          fc.string({ unit: 'binary' }),
          fc.constantFrom('DOWN', 'ok', 1),
        ),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(maps, tree, (map, body) => {
        const { notifications, rejected } = notify(JSON.parse(JSON.stringify(body ?? null)), map)
        expect(notifications.length + rejected.length).toBeGreaterThan(0)
        for (const { host, state, type } of notifications) {
          expect(host).not.toBe('')
          if (state === null) expect(type).toBe('EVENT')
        }
        for (const { message } of rejected.flat()) expect(message).not.toMatch(/undefined|\[object|function/)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a preset with a map', () => {
  const kuma = {
    heartbeat: { status: 0, msg: 'gone', time: '2026-11-21 20:00:00', response: 'hunter2' },
    monitor: {
      id: 7,
      name: 'Shop',
      url: 'https://u:p@shop/x?y',
      tags: [{ name: 'env', value: 'prod' }],
      headers: 'hunter2',
    },
    msg: 'm',
  }

  it('is overruled part by part', () => {
    expect(one(kuma, { host: 'monitor.name', service: { text: 'Web' } }, 'uptime-kuma')).toMatchObject({
      host: 'Shop',
      service: 'Web',
      key: '7',
      state: 'CRITICAL',
      output: 'gone',
      time: Date.parse('2026-11-21T20:00:00Z'),
    })
  })

  it('keeps what the map does not find, and lets it see no credential', () => {
    const map = {
      output: 'heartbeat.response',
      comment: 'monitor.headers',
      url: 'monitor.url',
      author: '$.monitor.headers',
    }
    const n = one(kuma, map, 'uptime-kuma')
    expect(n).toMatchObject({ output: 'gone', url: 'https://shop/x', comment: null, author: null })
    expect(JSON.stringify(n)).not.toContain('hunter2')
  })

  it('makes a problem of an event, known by host and service', () => {
    const event = { specversion: '1.0', id: '1', source: '/s', type: 'x.began', data: { srv: 'web01' } }
    const map = { host: 'srv', state: { path: '$.type', values: { '*.began': 'DOWN', '*.ended': 'UP' } } }
    const [began, ended] = ['x.began', 'x.ended'].map((type) =>
      one({ ...event, type }, { ...map, service: { text: 'x' } }, 'cloudevents'),
    )
    expect(began).toMatchObject({ type: 'PROBLEM', state: 'CRITICAL', host: 'web01' })
    expect(ended).toMatchObject({ type: 'RECOVERY', state: 'OK', key: began?.key })
    expect(faults({ ...event, data: 'text' }, map, 'cloudevents')).toEqual([
      'srv is not there: the body is empty (for host)',
    ])
  })
})

describe('a CloudEvent', () => {
  const event = { specversion: '1.0', id: '1', source: '/s', type: 't' }

  it.each([
    [{ severitytext: 'FATAL' }, 'CRITICAL'],
    [{ severitynumber: 17 }, 'CRITICAL'],
    [{ severity: 'Warning' }, 'WARNING'],
    [{ severitynumber: '13' }, 'WARNING'],
    [{ severitytext: 'INFO' }, null],
    [{}, null],
  ])('%j ranks as %s', (more, state) => {
    expect(one({ ...event, ...more }, null, 'cloudevents')).toMatchObject({ type: 'EVENT', state })
  })

  it('has labels of its extensions, but for those that are no text, number or truth value', () => {
    const odd = { section: { a: 1 }, list: ['a'], nothing: null, text: 's', number: 3, truth: false }
    expect(one({ ...event, ...odd }, null, 'cloudevents')?.labels).toEqual({
      text: 's',
      number: '3',
      truth: 'false',
    })
  })

  it('says what is missing', () => {
    expect(faults({ specversion: '0.3', id: '', type: 't' }, null, 'cloudevents')).toEqual([
      'id is required of a CloudEvent',
      'source is required of a CloudEvent',
      'specversion has to be "1.0"',
    ])
  })

  it('of another source is another one, also where only the query differs, which is not kept', () => {
    const [a, b, plain] = ['?tenant=a', '?tenant=b', ''].map((query) =>
      one({ ...event, source: `https://user:hunter2@shop.example.com/x${query}` }, null),
    )
    expect(new Set([a?.id, b?.id, plain?.id]).size).toBe(3)
    expect(new Set([a?.key, b?.key, plain?.key]).size).toBe(3)
    expect(JSON.stringify([a, b, plain])).not.toMatch(/tenant|hunter2/)
  })

  it('may hold its JSON as base64, and any text', () => {
    const data_base64 = Buffer.from('{"message":"from base64"}').toString('base64')
    expect(one({ ...event, data_base64 }, null).output).toBe('from base64')
    expect(one({ ...event, data_base64, datacontenttype: 'image/png' }, null).output).toBe('t')
    expect(one({ ...event, data_base64: '%%%' }, null).output).toBe('t')
    expect(one({ ...event, data: '<x/>', datacontenttype: 'application/xml' }, null).output).toBe('<x/>')
  })

  it('with a host and a word that is no state of ours is an event', () => {
    expect(one({ ...event, data: { host: 'h', state: 'running' } }, null)).toMatchObject({
      type: 'EVENT',
      host: '/s',
    })
  })
})
