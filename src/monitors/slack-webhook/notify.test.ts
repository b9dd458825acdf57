import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notification } from '../../core/notification.ts'
import { type Config, config } from './config.ts'
import { notify as notifyOf } from './notify.ts'
import { stateOfColor } from './state-of-color.ts'

const settingsOf = (given: object): Config => config.parse({ kind: 'slack-webhook', ...given })
const notify = (value: unknown, settings: object = {}) =>
  notifyOf({ value }, { monitor: 'hooks', settings: settingsOf(settings) })

function one(value: unknown, settings: object = {}): Notification {
  const { notifications, rejected } = notify(value, settings)
  expect(rejected).toEqual([])
  expect(notifications).toHaveLength(1)
  const [first] = notifications
  if (first === undefined) throw new Error('There is no notification.')
  return first
}

const group = (title: string, more: object = {}) => ({
  username: 'Alertmanager',
  attachments: [{ title, ...more }],
})

describe('what a message is', () => {
  it('is an event, which counts with the next for a while', () => {
    expect(one({ text: 'x' })).toMatchObject({ type: 'EVENT', state: 'WARNING', quietMs: 900_000 })
    expect(one({ text: 'x' }, { quietSeconds: 60 }).quietMs).toBe(60_000)
  })

  it('is a problem or its end where its title says so, under one key', () => {
    const [firing, grown, over] = [
      one(group('[FIRING:1] Disk (web1 critical)', { color: 'danger' })),
      one(group('[FIRING:3] Disk ', { color: 'danger' })),
      one(group('[RESOLVED] Disk (web1)', { color: 'good' })),
    ]
    expect([firing, grown, over].map(({ type, state }) => [type, state])).toEqual([
      ['PROBLEM', 'CRITICAL'],
      ['PROBLEM', 'CRITICAL'],
      ['RECOVERY', 'OK'],
    ])
    expect(new Set([firing.key, grown.key, over.key]).size).toBe(1)
    expect(firing).not.toHaveProperty('quietMs')
    expect(one(group('[FIRING:1] Memory (web1)')).key).not.toBe(firing.key)
    expect(one({ ...group('[FIRING:1] Disk '), username: 'other' }).key).not.toBe(firing.key)
  })

  it('has the state of its word before that of its colour', () => {
    expect(one({ attachments: [{ title: 'UNKNOWN: x', color: 'danger' }] }).state).toBe('UNKNOWN')
    expect(one({ attachments: [{ title: 'x', color: 'danger' }] }).state).toBe('CRITICAL')
    expect(one({ attachments: [{ title: 'x', color: 'good' }] })).toMatchObject({
      type: 'EVENT',
      state: 'WARNING',
    })
  })

  it.each([
    ['danger', 'CRITICAL'],
    ['#ff0000', 'CRITICAL'],
    ['#D63232', 'CRITICAL'],
    ['e01e5a', 'CRITICAL'],
    ['#f00', 'CRITICAL'],
    ['Warning', 'WARNING'],
    ['#FFDD00', 'WARNING'],
    ['#ff8800', 'WARNING'],
    ['good', null],
    ['#00CC00', null],
    ['#36a64f', null],
    ['#439FE0', null],
    ['#cccccc', null],
    ['#000', null],
    ['', null],
    ['toString', null],
    ['#ff00', null],
  ])('has of the colour %s the state %s', (color, state) => {
    expect(stateOfColor(color)).toBe(state)
  })
})

describe('rules', () => {
  const rules = [
    { match: { title: '*RESOLVED*' }, resolved: true },
    { match: { fields: { Severity: '*high*' } }, state: 'CRITICAL' },
    { match: { text: { contains: 'Test Message' } }, ignore: true },
    { match: { color: '#00ff00', username: 'ips?' }, state: 'UNKNOWN' },
  ]
  const severe = { fields: [{ title: 'Severity', value: 'Very High' }] }

  it('make problems of all that is not over, of one key', () => {
    const begun = one({ attachments: [{ title: 'Scan from 1.2.3.4', ...severe }] }, { rules })
    expect(begun).toMatchObject({ type: 'PROBLEM', state: 'CRITICAL' })
    const ended = one({ text: 'resolved: Scan from 1.2.3.4' }, { rules })
    expect(ended).toMatchObject({ type: 'RECOVERY', state: 'OK' })
    expect(ended.key).toBe(begun.key)
  })

  it('decide by the first that matches, with all its conditions', () => {
    expect(one({ attachments: [{ title: 'x', color: '#00ff00' }] }, { rules }).state).toBe('WARNING')
    expect(one({ username: 'ips1', attachments: [{ title: 'x', color: '#00ff00' }] }, { rules }).state).toBe(
      'UNKNOWN',
    )
    const both = { username: 'ips1', attachments: [{ title: 'x', color: '#00ff00', ...severe }] }
    expect(one(both, { rules }).state).toBe('CRITICAL')
  })

  it('find severity also in a line of the text', () => {
    expect(one({ text: 'Scan\n*severity*: high' }, { rules }).state).toBe('CRITICAL')
  })

  it('about severity do not open again what is over', () => {
    const byState = { rules: [{ match: { fields: { Severity: '*' } }, state: 'CRITICAL' }] }
    expect(one(group('[RESOLVED] Disk ', severe), byState).type).toBe('RECOVERY')
  })

  it('have messages ignored, which is no fault', () => {
    expect(notify({ text: 'Hello\nthis is a TEST message' }, { rules })).toEqual({
      notifications: [],
      rejected: [],
      ignored: 1,
    })
  })

  it('look at the first 1024 characters', () => {
    const far = { text: `x\n${'.'.repeat(1_100)}test message` }
    expect(notify(far, { rules }).notifications).toHaveLength(1)
  })
})

describe('folding', () => {
  const scan = (host: string, rule: string, text = 'x') => ({
    attachments: [
      {
        title: `Event ${text}`,
        text,
        fields: [
          { title: 'Host', value: host },
          { title: 'Rule', value: rule },
        ],
      },
    ],
  })

  it('goes by fields, and by the title where none of them is there', () => {
    const by = { fold: ['host', 'Rule'] }
    expect(one(scan('a', 'r', '1'), by).key).toBe(one(scan('a', 'r', '2'), by).key)
    expect(one(scan('a', 'r'), by).key).not.toBe(one(scan('a', 's'), by).key)
    expect(one(scan('a b', ''), by).key).not.toBe(one(scan('a', 'b'), by).key)
    expect(one({ text: 'x' }, by).key).not.toBe(one({ text: 'y' }, by).key)
  })

  it('goes by the text', () => {
    const by = { fold: 'text' }
    expect(one({ attachments: [{ title: 'a', text: 'x' }] }, by).key).toBe(
      one({ attachments: [{ title: 'b', text: 'x' }] }, by).key,
    )
    expect(one({ attachments: [{ title: 'a', text: 'x' }] }, by).key).not.toBe(
      one({ attachments: [{ title: 'a', text: 'y' }] }, by).key,
    )
  })

  it('tells long titles apart that differ at their end', () => {
    const long = 'x'.repeat(900)
    expect(one({ text: `${long}1` }).key).not.toBe(one({ text: `${long}2` }).key)
    expect(one({ text: `${long}1` }).key.length).toBeLessThan(600)
    expect(one({ text: `${long}1` }).service).toHaveLength(120)
  })

  it('takes host and service from fields, or lines of the text', () => {
    const from = { host: { field: 'Host' }, service: { field: 'Service' } }
    const text = 'Service PROBLEM notification\n*Host:* web01 (10.0.0.1)\n*Service:* <https://m/x|HTTP>'
    expect(one({ text }, from)).toMatchObject({ host: 'web01 (10.0.0.1)', service: 'HTTP (https://m/x)' })
    expect(one(scan('db1', 'r'), from)).toMatchObject({ host: 'db1', service: 'Event x' })
    expect(one({ text: 'x', username: 'cron' }, from)).toMatchObject({ host: 'cron', service: 'x' })
  })
})

describe('several attachments', () => {
  it('are one message, whose first title counts', () => {
    const parts = [{ text: 'a' }, { title: 'Name', text: 'b', color: 'danger' }, { title: 'More', text: 'c' }]
    expect(one({ attachments: parts })).toMatchObject({
      service: 'Name',
      state: 'CRITICAL',
      output: 'a',
      longOutput: 'b\nMore\nc',
    })
  })

  it('are a problem each where each says so', () => {
    const { notifications } = notify({
      username: 'probe',
      text: 'Two things',
      attachments: [
        { title: 'PROBLEM: a', color: 'danger', text: 'first' },
        { title: 'RECOVERY: b', color: 'good' },
      ],
    })
    expect(notifications.map(({ type, host, service, output }) => [type, host, service, output])).toEqual([
      ['PROBLEM', 'probe', 'a', 'first'],
      ['RECOVERY', 'probe', 'b', 'Two things'],
    ])
  })
})

describe('what says nothing', () => {
  it.each([
    [{}, 'text'],
    [{ text: '' }, 'text'],
    [{ text: ' \n ' }, 'text'],
    [{ attachments: [] }, 'text'],
    [{ attachments: [{ color: 'danger' }, null, 7] }, 'text'],
    [{ blocks: [{ type: 'divider' }, { type: 'actions', elements: [] }] }, 'text'],
    [{ attachments: Array(101).fill({ text: 'x' }) }, 'attachments'],
    [7, ''],
    [null, ''],
    [[], ''],
  ])('is refused with its part: %j', (value, path) => {
    const { notifications, rejected } = notify(value)
    expect(notifications).toEqual([])
    expect(rejected[0]?.[0]?.path).toBe(path)
  })

  it('may still have a fallback, or nothing but fields', () => {
    expect(one({ attachments: [{ fallback: 'only this', color: 'danger' }] }).service).toBe('only this')
    expect(one({ attachments: [{ fields: [{ title: 'A', value: 'b' }] }] })).toMatchObject({
      service: 'message',
      fields: [{ label: 'A', value: 'b' }],
    })
  })
})

describe('whatever arrives', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '<!channel>',
      '<@U1|x>',
      '<https://x|y>',
      '```',
      '*b*',
      '[FIRING:1] a (b)',
      '&lt;',
      '\ud800',
      '',
    ),
  )
  const tree = fc.letrec((tie) => ({
    element: fc.record(
      {
        type: fc.constantFrom(
          'text',
          'link',
          'user',
          'broadcast',
          'emoji',
          'rich_text_section',
          'rich_text_list',
          'mrkdwn',
          'x',
        ),
        text: texts,
        url: texts,
        user_id: texts,
        range: texts,
        alt_text: texts,
        elements: fc.array(tie('element'), { maxLength: 3 }),
      },
      { requiredKeys: ['type'] },
    ),
    block: fc.record(
      {
        type: fc.constantFrom(
          'header',
          'section',
          'context',
          'rich_text',
          'markdown',
          'image',
          'divider',
          'actions',
          'video',
        ),
        text: fc.oneof(texts, tie('element')),
        fields: fc.array(tie('element'), { maxLength: 4 }),
        elements: fc.array(tie('element'), { maxLength: 4 }),
        alt_text: texts,
      },
      { requiredKeys: ['type'] },
    ),
  }))
  const attachment = fc.record(
    {
      title: texts,
      title_link: texts,
      text: texts,
      pretext: texts,
      fallback: texts,
      footer: texts,
      color: texts,
      author_name: texts,
      ts: fc.oneof(texts, fc.integer(), fc.double()),
      fields: fc.array(fc.oneof(fc.record({ title: texts, value: texts }), fc.jsonValue()), {
        maxLength: 30,
      }),
      blocks: fc.array(tree.block, { maxLength: 4 }),
    },
    { requiredKeys: [] },
  )
  const message = fc.record(
    {
      text: texts,
      username: texts,
      attachments: fc.array(fc.oneof(attachment, fc.jsonValue()), { maxLength: 5 }),
      blocks: fc.array(fc.oneof(tree.block, fc.jsonValue()), { maxLength: 5 }),
    },
    { requiredKeys: [] },
  )

  it('is bounded words or a fault', () => {
    fc.assert(
      fc.property(message, (value) => {
        const { notifications, rejected } = notify(value)
        expect(notifications.length + rejected.length).toBeGreaterThan(0)
        for (const n of notifications) {
          const all = JSON.stringify(n)
          expect(all.isWellFormed()).toBe(true)
          expect(all).not.toMatch(/<!channel>|<@U1/)
          expect(n.host).not.toBe('')
          expect(n.service).not.toBe('')
          expect(n.service?.length).toBeLessThanOrEqual(120)
          expect(n.fields?.length ?? 0).toBeLessThanOrEqual(20)
        }
      }),
      { numRuns: 1_500 },
    )
  })

  it('fits into 8 KiB and is read in bounded time', () => {
    const long = '*<https://x|y>* '.repeat(2_000)
    const block = {
      type: 'section',
      text: { type: 'mrkdwn', text: long },
      fields: Array(50).fill({ type: 'mrkdwn', text: long }),
    }
    const began = performance.now()
    const n = one({
      text: long,
      blocks: Array(20).fill(block),
      attachments: Array(10).fill({ text: long, blocks: [block] }),
    })
    expect(Buffer.byteLength(n.output) + Buffer.byteLength(n.longOutput ?? '')).toBeLessThanOrEqual(8_192)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('does not follow rich text into its depths', () => {
    let element: object = { type: 'text', text: 'deep' }
    for (let n = 0; n < 5_000; n++) element = { type: 'rich_text_section', elements: [element] }
    const { rejected } = notify({ blocks: [{ type: 'rich_text', elements: [element] }] })
    expect(rejected).toHaveLength(1)
  })
})

describe('the settings', () => {
  it.each([
    [{ fold: 'titel' }, 'fold'],
    [{ fold: [] }, 'fold'],
    [{ host: 'Host' }, 'host'],
    [{ quietSeconds: 59 }, 'quietSeconds'],
    [{ rules: [{ match: {}, resolved: true }] }, 'rules.0.match'],
    [{ rules: [{ match: { title: 'x' } }] }, 'rules.0'],
    [{ rules: [{ match: { title: 'x' }, resolved: true, state: 'CRITICAL' }] }, 'rules.0'],
    [{ rules: [{ match: { title: 'x' }, state: 'OK' }] }, 'rules.0.state'],
    [{ rules: [{ match: { title: { contain: 'x' } }, ignore: true }] }, 'rules.0.match.title'],
    [{ rules: [{ match: { titel: 'x' }, ignore: true }] }, 'rules.0.match'],
    [{ channel: 'C1' }, ''],
  ])('are strict: %j', (given, path) => {
    const { error } = config.safeParse({ kind: 'slack-webhook', ...given })
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
    for (const { message } of error?.issues ?? []) expect(message).not.toBe('')
  })
})
