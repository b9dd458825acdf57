import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyMaxBytes, buildBody, valueMaxBytes } from './build-body.ts'

const source = {
  values: new Map<string, string>(),
  env: {},
  envPrefixes: [] as string[],
  key: undefined as string | undefined,
  nowMs: 1_781_234_567_123,
  randomId: () => 'random',
}
const parse = (text: string | undefined): Record<string, unknown> => JSON.parse(text ?? 'null')

describe('buildBody', () => {
  test('is flat, with the time in seconds', () => {
    const values = new Map([
      ['hostname', 'a'],
      ['cli', 'x'],
      ['__proto__', 'p'],
    ])

    expect(buildBody({ ...source, values })).toBe(
      '{"cli":1,"time":"1781234567.123","id":"random","hostname":"a","__proto__":"p"}',
    )
  })

  test('is nothing without values', () => {
    expect(buildBody(source)).toBeUndefined()
    expect(buildBody({ ...source, env: { N_A: '$A$' }, envPrefixes: ['N_'] })).toBeUndefined()
  })

  test.each([
    { values: [['notificationid', '12']], id: 'n12', time: '1781234567.123' },
    { values: [['notificationid', '0']], id: 'random', time: '1781234567.123' },
    {
      values: [
        ['id', 'mine'],
        ['notificationid', '12'],
      ],
      id: 'mine',
      time: '1781234567.123',
    },
    {
      values: [
        ['hostname', 'a'],
        ['time', '1700000000'],
      ],
      id: 'random',
      time: '1700000000',
    },
    {
      values: [
        ['hostname', 'a'],
        ['time', 'soon'],
      ],
      id: 'random',
      time: '1781234567.123',
    },
  ] as { values: [string, string][]; id: string; time: string }[])('$values', ({ values, id, time }) => {
    expect(parse(buildBody({ ...source, values: new Map(values) }))).toMatchObject({ id, time })
  })

  test.each([
    { env: { N_HOSTNOTIFICATIONID: '5', N_SERVICENOTIFICATIONID: '0' }, id: 'n5' },
    { env: { N_HOSTNOTIFICATIONID: '5', N_SERVICENOTIFICATIONID: '6', N_SERVICEDESC: 's' }, id: 'n6' },
    { env: { N_MICROTIME: '1553097106779348' }, id: 'm1553097106779348' },
    { env: { N_HOSTNAME: 'h' }, id: 'random' },
  ])('takes the id from the variables $env', ({ env, id }) => {
    expect(parse(buildBody({ ...source, env, envPrefixes: ['N_'] }))['id']).toBe(id)
  })

  test('sends no variable of ours and none that holds the key', () => {
    const env = { ACKBRIDGE_X: '1', A: 'the secret key', AB: 'fine', B: 'no' }

    expect(parse(buildBody({ ...source, env, envPrefixes: ['A'], key: 'secret' }))).toEqual({
      cli: 1,
      time: '1781234567.123',
      id: 'random',
      AB: 'fine',
    })
  })

  test('stays within its bounds and whole, whatever comes', () => {
    const text = fc.tuple(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 120_000 }),
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        const env = Object.fromEntries(
          texts.map(([unit, count], at) => [`N_${at}`, unit.repeat(count / unit.length)]),
        )
        const values = new Map([['hostname', 'web01']])
        const body = buildBody({ ...source, values, env, envPrefixes: ['N_'] }) ?? ''

        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(bodyMaxBytes)
        expect(parse(body)['hostname']).toBe('web01')
        for (const [key, value] of Object.entries(parse(body))) {
          expect(Buffer.byteLength(String(value))).toBeLessThanOrEqual(valueMaxBytes)
          if (key.startsWith('N_'))
            expect(env[key]?.toWellFormed().startsWith(String(value).toWellFormed())).toBe(true)
        }
      }),
      { numRuns: 25 },
    )
  })
})
