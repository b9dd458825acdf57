import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { type Playground, startPlayground } from '../server.ts'

let now = 1_800_000_000_000
let playground: Playground
let client: WebClient
let app: Server
/** Payloads the app got. */
let received: JsonObject[]
/** What the app answers; each test sets its own. */
let reply: () => { status?: number; body?: string }

beforeEach(async () => {
  received = []
  reply = () => ({})
  playground = await startPlayground({ now: () => now })
  client = new WebClient(playground.botToken, { slackApiUrl: playground.apiUrl, retryConfig: { retries: 0 } })
  app = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      received.push(JSON.parse(new URLSearchParams(body).get('payload') ?? '{}'))
      const answer = reply()
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body ?? '')
    })
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  playground.connect({ requestUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events` })
})

afterEach(async () => {
  await playground.close()
  app.close()
})

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const card = async () => {
  const elements = [{ type: 'button' as const, text: plain('More'), action_id: 'more' }]
  const channel = playground.channels.alerts
  const { ts } = await client.chat.postMessage({
    channel,
    text: 'card',
    blocks: [{ type: 'actions', elements }],
  })
  return { channel, ts: ts! }
}
const modal = (more: JsonObject = {}): JsonObject => ({
  type: 'modal',
  title: plain('Acknowledge'),
  submit: plain('Go'),
  callback_id: 'ack',
  private_metadata: 'secret',
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: plain('Comment'),
      element: { type: 'plain_text_input', action_id: 'v', max_length: 20 },
    },
    {
      type: 'input',
      block_id: 'until',
      optional: true,
      label: plain('Until'),
      element: {
        type: 'static_select',
        action_id: 'v',
        options: [
          { text: plain('One hour'), value: '1h' },
          { text: plain('Two hours'), value: '2h' },
        ],
      },
    },
    {
      type: 'input',
      block_id: 'opts',
      optional: true,
      label: plain('Options'),
      element: {
        type: 'checkboxes',
        action_id: 'v',
        options: [{ text: plain('Sticky'), value: 's' }],
        initial_options: [{ text: plain('Sticky'), value: 's' }],
      },
    },
  ],
  ...more,
})

/** Opens a modal by way of a button, as Ann. */
async function openModal(definition: JsonObject = modal()): Promise<string> {
  const { triggerId } = await playground.as('ann').click(await card(), { text: 'More' })
  const answer = await client.apiCall('views.open', { trigger_id: triggerId, view: definition })
  return (answer as unknown as { view: { id: string } }).view.id
}

describe('modals', () => {
  test('a trigger opens one view, within three seconds', async () => {
    const { triggerId } = await playground.as('ann').click(await card(), { text: 'More' })
    const open = (trigger_id: string | undefined) =>
      client.apiCall('views.open', { trigger_id, view: modal() }).then(
        () => 'ok',
        (error: { data: { error: string } }) => error.data.error,
      )

    expect(await open(triggerId)).toBe('ok')
    expect(await open(triggerId)).toBe('exchanged_trigger_id')
    const late = await playground.as('ann').click(await card(), { text: 'More' })
    now += 3001
    expect(await open(late.triggerId)).toBe('expired_trigger_id')
    expect(await open('1.2.3')).toBe('invalid_trigger_id')
  })

  test('a submission carries the state and closes the view', async () => {
    const viewId = await openModal()

    await playground.as('ann').submit(viewId, { Comment: 'on it', until: '2h' })

    expect(received.at(-1)!).toMatchObject({
      type: 'view_submission',
      response_urls: [],
      view: {
        id: viewId,
        callback_id: 'ack',
        private_metadata: 'secret',
        hash: expect.any(String),
        state: {
          values: {
            why: { v: { type: 'plain_text_input', value: 'on it' } },
            until: { v: { type: 'static_select', selected_option: { value: '2h' } } },
            opts: { v: { type: 'checkboxes', selected_options: [{ value: 's' }] } },
          },
        },
      },
    })
    expect(playground.workspace.views(playground.people.ann)).toEqual([])
  })

  test("what Slack's client would not send is not sent", async () => {
    const viewId = await openModal()
    const before = received.length

    await expect(playground.as('ann').submit(viewId, {})).rejects.toThrow('required')
    await expect(playground.as('ann').submit(viewId, { why: 'x'.repeat(21) })).rejects.toThrow('at most 20')
    await expect(playground.as('ann').submit(viewId, { why: 'x', until: '3h' })).rejects.toThrow('no option')
    await expect(playground.as('ann').submit(viewId, { nothing: 'x' })).rejects.toThrow('no field')
    await expect(playground.as('ben').submit(viewId, { why: 'x' })).rejects.toThrow('no modal')
    expect(received).toHaveLength(before)
  })

  test('errors, update, push and clear', async () => {
    const viewId = await openModal()
    const answers: JsonObject[] = [
      { response_action: 'errors', errors: { why: 'Say more.' } },
      { response_action: 'update', view: modal({ title: plain('Again') }) },
      { response_action: 'push', view: modal({ title: plain('On top') }) },
      { response_action: 'clear' },
    ]
    reply = () => ({ body: JSON.stringify(answers.shift()) })
    const stack = () => playground.workspace.views(playground.people.ann)
    const submit = (id: string) => playground.as('ann').submit(id, { why: 'x' })

    await submit(viewId)
    expect(stack()[0]?.errors).toEqual({ why: 'Say more.' })
    await submit(viewId)
    expect(stack()[0]).toMatchObject({ id: viewId, errors: {}, definition: { title: { text: 'Again' } } })
    await submit(viewId)
    expect(stack()).toMatchObject([{ id: viewId }, { previousViewId: viewId, rootViewId: viewId }])
    await submit(stack()[1]!.id)
    expect(stack()).toEqual([])
  })

  test.each([
    ['a failure', { status: 500 }],
    ['an answer Slack does not know', { body: JSON.stringify({ response_action: 'nothing' }) }],
    ['errors at no input', { body: JSON.stringify({ response_action: 'errors', errors: { other: 'x' } }) }],
    ['a bad view', { body: JSON.stringify({ response_action: 'update', view: { type: 'modal' } }) }],
  ])('%s leaves the view open with trouble', async (_name, answer) => {
    const viewId = await openModal()
    reply = () => answer

    const { error } = await playground.as('ann').submit(viewId, { why: 'x' })

    expect(error).toBeDefined()
    expect(playground.workspace.views(playground.people.ann)[0]?.trouble).toContain('trouble connecting')
  })

  test('views.update changes in place and minds the hash', async () => {
    const viewId = await openModal()
    const { hash } = playground.workspace.views(playground.people.ann)[0]!

    await client.apiCall('views.update', { view_id: viewId, hash, view: modal({ title: plain('Changed') }) })
    const stale = client.apiCall('views.update', { view_id: viewId, hash, view: modal() })

    await expect(stale).rejects.toMatchObject({ data: { error: 'hash_conflict' } })
    expect(playground.workspace.views(playground.people.ann)[0]?.definition).toMatchObject({
      title: { text: 'Changed' },
    })
  })

  test('the app hears of a closed view only if it asked to', async () => {
    const quiet = await openModal()
    await playground.as('ann').closeView(quiet)
    expect(received.at(-1)!['type']).toBe('block_actions')

    const loud = await openModal(modal({ notify_on_close: true }))
    await playground.as('ann').closeView(loud)
    expect(received.at(-1)!).toMatchObject({
      type: 'view_closed',
      is_cleared: false,
      view: { id: loud },
    })
  })
})
