import { expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { findMentions } from './mentions.ts'

const read = (text: string, parse?: string) =>
  findMentions({ text, blocks: [], attachments: [], ...(parse ? { parse } : {}) })
const inBlock = (text: JsonObject) =>
  findMentions({ text: '', parse: 'none', blocks: [{ type: 'section', text }], attachments: [] })

test.each([
  ['<!here> help', ['<!here>']],
  ['<!channel|channel>', ['<!channel>']],
  ['<@U0123> and <!subteam^S1|@ops>', ['<@U0123>', '<!subteam^S1>']],
  ['escaped &lt;!here&gt; is nothing', []],
])('top-level text with parse none: %s', (text, mentions) => {
  expect(read(text, 'none').mentions).toEqual(mentions)
})

test('top-level text is parsed further unless parse is none', () => {
  const text = 'disk full @here see https://evil.example/x'

  expect(read(text)).toEqual({ mentions: ['@here'], links: ['https://evil.example/x'] })
  expect(read(text, 'none')).toEqual({ mentions: [], links: [] })
  expect(read('mail root@here.example', 'none').mentions).toEqual([])
})

test('mrkdwn is parsed further unless verbatim', () => {
  const text = '@channel https://evil.example'

  expect(inBlock({ type: 'mrkdwn', text })).toEqual({
    mentions: ['@channel'],
    links: ['https://evil.example'],
  })
  expect(inBlock({ type: 'mrkdwn', text, verbatim: true })).toEqual({ mentions: [], links: [] })
  expect(inBlock({ type: 'mrkdwn', text: '<https://a.example|here>', verbatim: true }).links).toEqual([
    'https://a.example',
  ])
  expect(inBlock({ type: 'plain_text', text: '<!here> https://evil.example' })).toEqual({
    mentions: [],
    links: [],
  })
})

test('rich text is literal, but its elements ring', () => {
  const element = (one: JsonObject): JsonObject => ({
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [one] }],
  })
  const blocks = [
    element({ type: 'text', text: '<!here> @channel https://evil.example' }),
    element({ type: 'user', user_id: 'U1' }),
    element({ type: 'broadcast', range: 'here' }),
    element({ type: 'link', url: 'https://a.example' }),
  ]

  expect(findMentions({ text: '', parse: 'none', blocks, attachments: [] })).toEqual({
    mentions: ['<@U1>', '<!here>'],
    links: ['https://a.example'],
  })
})

test('attachments are read too, with their blocks', () => {
  const attachments = [
    { text: '@everyone' },
    { blocks: [{ type: 'context', elements: [{ type: 'mrkdwn', text: '<!here>', verbatim: true }] }] },
  ]

  expect(findMentions({ text: '', parse: 'none', blocks: [], attachments }).mentions).toEqual([
    '@everyone',
    '<!here>',
  ])
})
