import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { validateAttachments, validateBlocks, validateView, withDefaults } from './validate-blocks.ts'

const plain = (text: string): JsonObject => ({ type: 'plain_text', text })
const mrkdwn = (text: string): JsonObject => ({ type: 'mrkdwn', text })
const section = (text: string): JsonObject => ({ type: 'section', text: mrkdwn(text) })
const button = (more: JsonObject = {}): JsonObject => ({ type: 'button', text: plain('Go'), ...more })
const actions = (...elements: JsonObject[]): JsonObject => ({ type: 'actions', elements })
const option = (value: string): JsonObject => ({ text: plain(value), value })
const many = <T>(count: number, build: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => build(i))
const message = (...blocks: Json[]): string[] => validateBlocks(blocks, 'message', '/blocks')

describe('limits', () => {
  const atLimit: [string, JsonObject, JsonObject, string][] = [
    [
      'section text 3000',
      section('x'.repeat(3000)),
      section('x'.repeat(3001)),
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'header 150',
      { type: 'header', text: plain('x'.repeat(150)) },
      { type: 'header', text: plain('x'.repeat(151)) },
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'button text 75',
      actions(button({ text: plain('x'.repeat(75)) })),
      actions(button({ text: plain('x'.repeat(76)) })),
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'button value 2000',
      actions(button({ value: 'x'.repeat(2000) })),
      actions(button({ value: 'x'.repeat(2001) })),
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'action id 255',
      actions(button({ action_id: 'x'.repeat(255) })),
      actions(button({ action_id: 'x'.repeat(256) })),
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'block id 255',
      { type: 'divider', block_id: 'x'.repeat(255) },
      { type: 'divider', block_id: 'x'.repeat(256) },
      'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
    ],
    [
      'fields 10',
      { type: 'section', fields: many(10, () => mrkdwn('x')) },
      { type: 'section', fields: many(11, () => mrkdwn('x')) },
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'field 2000',
      { type: 'section', fields: [mrkdwn('x'.repeat(2000))] },
      { type: 'section', fields: [mrkdwn('x'.repeat(2001))] },
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      'context elements 10',
      { type: 'context', elements: many(10, () => mrkdwn('x')) },
      { type: 'context', elements: many(11, () => mrkdwn('x')) },
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'actions elements 25',
      actions(...many(25, () => button())),
      actions(...many(26, () => button())),
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'overflow options 5',
      actions({ type: 'overflow', options: many(5, (i) => option(`${i}`)) }),
      actions({ type: 'overflow', options: many(6, (i) => option(`${i}`)) }),
      'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'select options 100',
      actions({ type: 'static_select', options: many(100, (i) => option(`${i}`)) }),
      actions({ type: 'static_select', options: many(101, (i) => option(`${i}`)) }),
      'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
  ]

  test.each(atLimit)('%s', (_name, good, bad, sentence) => {
    expect(message(good)).toEqual([])
    expect(message(bad)).toContain(sentence)
  })

  test('50 blocks in a message, 100 in a modal', () => {
    expect(message(...many(50, () => section('x')))).toEqual([])
    expect(message(...many(51, () => section('x')))).toEqual([
      'no more than 50 items allowed [json-pointer:/blocks]',
    ])
    expect(
      validateBlocks(
        many(100, () => section('x')),
        'modal',
        '/view/blocks',
      ),
    ).toEqual([])
    expect(
      validateBlocks(
        many(101, () => section('x')),
        'home',
        '/view/blocks',
      ),
    ).toHaveLength(1)
  })
})

describe('what Slack refuses', () => {
  const refused: [string, Json, string][] = [
    ['empty text', section(''), 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    ['an unknown block', { type: 'sections' }, 'unsupported type: sections [json-pointer:/blocks/0/type]'],
    ['a block without type', {}, 'missing required field: type [json-pointer:/blocks/0]'],
    [
      'a section without text and fields',
      { type: 'section' },
      'must define either `text` or `fields` [json-pointer:/blocks/0]',
    ],
    [
      'an unknown field',
      { ...section('x'), colour: 'red' },
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    [
      'mrkdwn in a header',
      { type: 'header', text: mrkdwn('x') },
      'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
    ],
    [
      'mrkdwn on a button',
      actions(button({ text: mrkdwn('x') })),
      'unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]',
    ],
    [
      'a style of its own',
      actions(button({ style: 'warning' })),
      'value must be one of the allowed values [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'actions without elements',
      actions(),
      'no fewer than 1 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a text input outside an input block',
      actions({ type: 'plain_text_input', action_id: 'x' }),
      'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      'an alert in a message',
      { type: 'alert', text: plain('x') },
      'unsupported type: alert [json-pointer:/blocks/0/type]',
    ],
    [
      'an image without a source',
      { type: 'image', alt_text: 'x' },
      'missing required field: image_url [json-pointer:/blocks/0]',
    ],
    [
      'an empty rich text element',
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: '' }] }],
      },
      'must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]',
    ],
    ['a block that is no object', 'x', 'must provide an object [json-pointer:/blocks/0]'],
  ]

  test.each(refused)('%s', (_name, block, sentence) => {
    expect(message(block)).toContain(sentence)
  })

  test('block ids and, within a block, action ids that repeat', () => {
    const twice = { type: 'divider', block_id: 'a' }

    expect(message(twice, twice)).toEqual(['`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'])
    expect(message(actions(button({ action_id: 'x' }), button({ action_id: 'x' })))).toHaveLength(1)
    expect(message(actions(button({ action_id: 'x' })), actions(button({ action_id: 'x' })))).toEqual([])
  })

  test('never says more than it can and survives anything', () => {
    expect(message(...many(50, () => ({ type: 'section', bad: 1, worse: 2 }))).length).toBeLessThanOrEqual(50)
    for (const strange of [null, 1, 'x', [], [[]], [null], { length: 3 }]) {
      expect(validateBlocks(strange as Json, 'message', '/blocks')).toBeInstanceOf(Array)
      expect(validateAttachments(strange as Json)).toBeInstanceOf(Array)
      expect(validateView(strange as Json, 'modal')).toBeInstanceOf(Array)
    }
  })
})

test('attachments: at most 100, blocks checked in place, no other content beside blocks', () => {
  expect(validateAttachments([{ color: '#ff0000', fallback: 'x', blocks: [section('x')] }])).toEqual([])
  expect(validateAttachments(many(101, () => ({ text: 'x' })))).toEqual([
    'no more than 100 items allowed [json-pointer:/attachments]',
  ])
  expect(validateAttachments([{ blocks: [{ type: 'header', text: plain('') }] }])).toEqual([
    'must be more than 0 characters [json-pointer:/attachments/0/blocks/0/text/text]',
  ])
  expect(validateAttachments([{ blocks: [section('x')], title: 'no' }])).toEqual([
    'invalid_keys [json-pointer:/attachments/0]',
  ])
})

test('views: title of 24, and a submit button where there are inputs', () => {
  const input = { type: 'input', label: plain('Why'), element: { type: 'plain_text_input', action_id: 'v' } }
  const view = { type: 'modal', title: plain('Acknowledge'), blocks: [section('x'), input] }

  expect(validateView({ ...view, submit: plain('Go') }, 'modal')).toEqual([])
  expect(validateView(view, 'modal')).toEqual([
    'must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]',
  ])
  expect(validateView({ ...view, submit: plain('Go'), title: plain('x'.repeat(25)) }, 'modal')).toEqual([
    'must be less than 25 characters [json-pointer:/view/title/text]',
  ])
  expect(
    validateView({ ...view, submit: plain('Go'), private_metadata: 'x'.repeat(3001) }, 'modal'),
  ).toHaveLength(1)
})

test('fills in ids, emoji and verbatim as Slack does, and leaves the original alone', () => {
  const original = [section('x'), actions(button({ action_id: 'mine' }), button())]

  const filled = withDefaults(original, () => 'new')

  expect(filled).toEqual([
    { type: 'section', block_id: 'new', text: { type: 'mrkdwn', text: 'x', verbatim: false } },
    {
      type: 'actions',
      block_id: 'new',
      elements: [
        { type: 'button', action_id: 'mine', text: { type: 'plain_text', text: 'Go', emoji: true } },
        { type: 'button', action_id: 'new', text: { type: 'plain_text', text: 'Go', emoji: true } },
      ],
    },
  ])
  expect(original[0]).toEqual(section('x'))
})
