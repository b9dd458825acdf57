import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notification } from '../../core/notification.ts'
import { notify } from './notify.ts'
import { isPlainNotification } from './plain.ts'
import { NativeNotification } from './schema.ts'

const LEAST = { host: 'web01', state: 'CRITICAL', service: 'HTTP' }

function read(value: unknown): Notification {
  const { notifications, rejected } = notify({ value }, { monitor: 'native' })
  expect(rejected).toEqual([])
  expect(notifications).toHaveLength(1)
  return notifications[0] as Notification
}

/** What is wrong, as `path: message`. */
function faults(value: unknown): string[] {
  const { notifications, rejected } = notify({ value }, { monitor: 'native' })
  expect(notifications).toEqual([])
  return rejected.flat().map(({ path, message }) => `${path}: ${message}`)
}

describe('a native notification', () => {
  it('says everything it can', () => {
    const all = {
      type: 'problem',
      host: 'web01',
      service: 'HTTP',
      key: 'k-1',
      episode: 'e-7',
      address: '10.0.0.1',
      hostDisplayName: 'Web server 1',
      serviceDisplayName: 'Home page',
      state: 'critical',
      output: 'Socket timeout',
      longOutput: 'after 10 s',
      author: 'Ann',
      comment: 'seen it',
      time: '2026-11-21T20:00:00Z',
      url: 'https://monitor.example/web01?x=1',
      id: 'n-1',
      labels: { team: 'web' },
      fields: [{ label: 'Zone', value: 'DMZ' }],
      channel: 'C0PGDATAB02',
    }

    expect(read(all)).toEqual({
      ...all,
      monitor: 'native',
      type: 'PROBLEM',
      state: 'CRITICAL',
      time: Date.parse('2026-11-21T20:00:00Z'),
    })
  })

  it('needs a host and a state, and nothing else', () => {
    expect(read({ host: 'web01', state: 'DOWN' })).toEqual({
      monitor: 'native',
      key: 'web01',
      type: 'PROBLEM',
      host: 'web01',
      service: null,
      state: 'DOWN',
      episode: null,
      hostDisplayName: null,
      serviceDisplayName: null,
      address: null,
      output: '',
      longOutput: null,
      author: null,
      comment: null,
      time: null,
      url: null,
      id: null,
      labels: null,
      fields: null,
      channel: null,
    })
  })

  it.each([
    ['a service', { host: 'h', service: 's' }, [0, 1, 2, 3], ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']],
    ['a host', { host: 'h' }, [0, 1, 2], ['UP', 'DOWN', 'UNREACHABLE']],
  ])('takes the state of %s as number, digit or word in any case', (_of, check, numbers, words) => {
    for (const [index, word] of words.entries()) {
      for (const state of [numbers[index], String(numbers[index]), word, word.toLowerCase(), ` ${word} `]) {
        expect(read({ ...check, state }).state).toBe(word)
      }
    }
  })

  it('is a recovery when the state is fine and no type is given', () => {
    expect(read({ host: 'h', state: 'UP' }).type).toBe('RECOVERY')
    expect(read({ host: 'h', service: 's', state: 0 }).type).toBe('RECOVERY')
    expect(read({ host: 'h', service: 's', state: 'OK', type: 'CUSTOM' }).type).toBe('CUSTOM')
  })

  it('may be an event without a state', () => {
    expect(read({ host: 'h', type: 'EVENT' })).toMatchObject({ type: 'EVENT', state: null })
  })

  it.each(Object.keys(NativeNotification.shape).filter((key) => key !== 'host' && key !== 'state'))(
    'takes null for %s as absent',
    (key) => {
      expect(read({ host: 'h', state: 1, [key]: null })).toEqual(read({ host: 'h', state: 1 }))
    },
  )

  it('ignores what it does not know', () => {
    expect(read({ ...LEAST, colour: 'red', nested: { host: 'x' } })).toEqual(read(LEAST))
    expect(
      read(
        JSON.parse('{"host":"web01","service":"HTTP","state":2,"__proto__":{"host":"x"},"constructor":1}'),
      ),
    ).toEqual(read(LEAST))
  })

  it('takes time as ISO 8601 or as seconds, with fractions', () => {
    for (const time of ['2026-11-21T20:00:00Z', '2026-11-21T21:00:00+01:00', 1_795_291_200, '1795291200']) {
      expect(read({ ...LEAST, time }).time).toBe(1_795_291_200_000)
    }
    expect(read({ ...LEAST, time: 1_795_291_200.5 }).time).toBe(1_795_291_200_500)
  })

  it('takes numbers for id and episode', () => {
    expect(read({ ...LEAST, id: 7, episode: 12 })).toMatchObject({ id: '7', episode: '12' })
  })

  it('says where each fault is', () => {
    expect(faults({})).toEqual(['host: is required'])
    expect(faults({ host: '  ', state: 2 })).toEqual(['host: must not be empty'])
    expect(faults({ host: '\u0000\u0007', state: 1 })).toEqual(['host: must not be empty'])
    expect(faults({ host: 'h' })).toEqual(['state: is required'])
    expect(faults({ host: 'h', state: 'BROKEN' })[0]).toMatch(
      /^state: of a host without a service has to be UP, DOWN/,
    )
    expect(faults({ ...LEAST, state: 'DOWN' })[0]).toMatch(/^state: of a service has to be OK, WARNING/)
    expect(faults({ ...LEAST, state: 4 })[0]).toMatch(/^state: /)
    expect(faults({ ...LEAST, state: -1 })[0]).toMatch(/^state: /)
    expect(faults({ ...LEAST, type: 'SHOUT' })[0]).toMatch(/^type: has to be one of PROBLEM, RECOVERY/)
    expect(faults({ ...LEAST, time: 'yesterday' })).toEqual([
      'time: has to be ISO 8601 or seconds since 1970',
    ])
    expect(faults({ ...LEAST, url: 'javascript:alert(1)' })).toEqual([
      'url: has to be an http or https address',
    ])
    expect(faults({ ...LEAST, labels: { a: { b: 1 } } })[0]).toMatch(/^labels\.a: /)
    expect(faults({ ...LEAST, fields: [{ label: 'x' }] })[0]).toMatch(/^fields\.0\.value: /)
    expect(faults('web01 is down')[0]).toMatch(/^: /)
    expect(faults(null)[0]).toMatch(/^: /)
  })

  it('names the element of an array in the path of a fault', () => {
    expect(
      notify({ value: [LEAST, { host: 'h' }, 7] }, { monitor: 'native' })
        .rejected.flat()
        .map((i) => i.path),
    ).toEqual(['[1].state', '[2]'])
  })

  it.each([
    'https://',
    'https://a b',
    'http://x|y',
    'http://x<y>',
    'ftp://x',
    'https://x\u0000y',
    'https://x\ud800',
  ])('refuses %j as an address', (url) => {
    expect(faults({ ...LEAST, url })).toEqual(['url: has to be an http or https address'])
  })

  it('is kept in 8 KiB of UTF-8, output first, no character cut through', () => {
    const { output, longOutput } = read({
      ...LEAST,
      output: 'é'.repeat(4_000),
      longOutput: '😀'.repeat(4_000),
    })
    expect(output).toBe('é'.repeat(4_000))
    expect(longOutput).toBe('😀'.repeat(48))

    for (const text of [
      'x'.repeat(20_000),
      '😀'.repeat(9_000),
      `y${'😀'.repeat(9_000)}`,
      '€'.repeat(8_191),
    ]) {
      const kept = read({ ...LEAST, output: text, longOutput: text })
      expect(Buffer.byteLength(kept.output) + Buffer.byteLength(kept.longOutput ?? '')).toBeLessThanOrEqual(
        8_192,
      )
      expect(Buffer.byteLength(kept.output)).toBeGreaterThan(8_188)
      expect(text.startsWith(kept.output)).toBe(true)
    }
  })

  it('tells checks apart whose long names begin alike', () => {
    const host = 'a'.repeat(300)
    const [one, other] = [read({ host: `${host}1`, state: 1 }), read({ host: `${host}2`, state: 1 })]

    expect(one.host).toHaveLength(255)
    expect(one.key).not.toBe(other.key)
  })

  it('holds no control character in a name and no half of a character anywhere', () => {
    const hostile = 'a\r\n\u0000\u001b[31mb\u2028c\ud800'
    const read1 = read({
      host: hostile,
      service: hostile,
      state: 2,
      key: hostile,
      id: hostile,
      episode: hostile,
      address: hostile,
      author: hostile,
      comment: hostile,
      output: hostile,
      labels: { [hostile]: hostile },
      fields: [{ label: hostile, value: hostile }],
    })

    expect(read1.host).toBe('a [31mb c�')
    expect(read1.output).toBe('a\n[31mbc�')
    expect(JSON.stringify(read1)).not.toMatch(/\\ud[89a-f]/i)
  })
})

describe('the guard in front of the schema', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('OK', 'DOWN', 'critical', '2', ' ', ''),
  )
  const odd = fc.oneof(
    word,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(word),
    fc.dictionary(word, word),
  )
  const keys = Object.keys(NativeNotification.shape)
  const long = fc
    .constantFrom(64, 65, 256, 257, 1024, 1025, 3000, 3001, 65_536, 65_537)
    .map((length) => 'x'.repeat(length))
  const fitting = fc.record(
    Object.fromEntries(
      keys.map((key) => [
        key,
        key === 'labels'
          ? fc.dictionary(fc.oneof(word, fc.constantFrom('__proto__', 'constructor')), fc.oneof(word, long))
          : key === 'fields'
            ? fc.array(fc.record({ label: word, value: word }))
            : fc.oneof({ weight: 4, arbitrary: word }, fc.integer({ min: -1, max: 5 }), long, odd),
      ]),
    ),
    { requiredKeys: ['host'] },
  )

  it('takes nothing that the schema refuses, and changes nothing that the schema would', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: fitting }, odd, fc.jsonValue()), (value) => {
        if (!isPlainNotification(value)) return
        const parsed = NativeNotification.safeParse(value)
        expect(parsed.error).toBeUndefined()
        const { host, ...rest } = value as { host: string }
        expect(parsed.data).toEqual({ host: host.trim(), ...rest })
      }),
      { numRuns: 2_000 },
    )
  })

  it('knows the limits of every key', () => {
    const lengths = [0, 1, 64, 65, 256, 257, 1_024, 1_025, 3_000, 3_001, 65_536, 65_537, 262_144, 262_145]
    for (const key of keys) {
      for (const length of lengths) {
        const text = 'x'.repeat(length)
        for (const given of [text, { [text]: 'x' }, { x: text }]) {
          const value = { ...LEAST, [key]: given }
          if (isPlainNotification(value))
            expect([key, length, NativeNotification.safeParse(value).success]).toEqual([key, length, true])
        }
      }
    }
    const labels = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`l${n}`, 'x']))
    expect(isPlainNotification({ ...LEAST, labels })).toBe(false)
  })

  it('gives the same notification as the schema', () => {
    fc.assert(
      fc.property(fitting, (value) => {
        // An unknown key sends the same content past the guard.
        expect(notify({ value }, { monitor: 'm' })).toEqual(
          notify({ value: { ...value, unknown: 1 } }, { monitor: 'm' }),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes the common case, or it would be of no use', () => {
    expect(isPlainNotification({ ...LEAST, output: 'x', labels: { a: 'b' }, time: 1_795_291_200 })).toBe(true)
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { notifications, rejected } = notify({ value }, { monitor: 'm' })
        expect(notifications.length + rejected.length).toBeGreaterThan(
          Array.isArray(value) && value.length === 0 ? -1 : 0,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})
