import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { type Playground, startPlayground } from '../server.ts'

type Received = { headers: IncomingHttpHeaders; body: string; form: URLSearchParams; payload: JsonObject }
type Reply = { status?: number; body?: string; type?: string } | 'never'

let now = 1_800_000_000_000
let playground: Playground
let client: WebClient
let app: Server
let received: Received[]
/** What the app answers; each test sets its own. */
let reply: (received: Received) => Reply
let alerts: string

beforeEach(async () => {
  received = []
  reply = () => ({})
  playground = await startPlayground({ now: () => now })
  client = new WebClient(playground.botToken, { slackApiUrl: playground.apiUrl, retryConfig: { retries: 0 } })
  alerts = playground.channels.alerts
  app = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const form = new URLSearchParams(body)
      const isJson = request.headers['content-type'] === 'application/json'
      const one = {
        headers: request.headers,
        body,
        form,
        payload: JSON.parse(isJson ? body : (form.get('payload') ?? '{}')),
      }
      received.push(one)
      const answer = reply(one)
      if (answer === 'never') return
      response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/json' })
      response.end(answer.body ?? '')
    })
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  playground.connect({ requestUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events` })
})

afterEach(async () => {
  await playground.close()
  app.closeAllConnections()
  app.close()
})

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const button = (text: string, action_id: string) => ({
  type: 'button' as const,
  text: plain(text),
  action_id,
  value: 'v1',
})
const card = async () => {
  const blocks = [
    {
      type: 'actions' as const,
      block_id: 'b',
      elements: [button('Acknowledge', 'ack'), button('More', 'more')],
    },
  ]
  const { ts } = await client.chat.postMessage({
    channel: alerts,
    text: 'card',
    attachments: [{ color: 'danger', blocks }],
  })
  return { channel: alerts, ts: ts! }
}
describe('signing', () => {
  test('every interaction carries a valid v0 signature', async () => {
    await playground.as('ann').command('/ack web01 HTTP')

    const [{ headers, body }] = received as [Received]
    const timestamp = headers['x-slack-request-timestamp']
    const digest = createHmac('sha256', playground.signingSecret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex')
    expect(headers['x-slack-signature']).toBe(`v0=${digest}`)
    expect(timestamp).toBe(String(Math.floor(now / 1000)))
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
  })
})

describe('commands', () => {
  test("carry exactly Slack's fields", async () => {
    const answer = await playground
      .as('ben')
      .command('/ack web01 "Disk /" & more', playground.channels.database)

    expect(Object.fromEntries(received[0]!.form)).toEqual({
      token: expect.any(String),
      team_id: playground.teamId,
      team_domain: 'playground',
      channel_id: playground.channels.database,
      channel_name: 'database',
      user_id: playground.people.ben,
      user_name: 'ben',
      command: '/ack',
      text: 'web01 "Disk /" & more',
      api_app_id: playground.appId,
      is_enterprise_install: 'false',
      response_url: answer.responseUrl,
      trigger_id: answer.triggerId,
    })
  })

  test('an answer is for the person alone unless it is in_channel', async () => {
    reply = () => ({ body: 'just text', type: 'text/plain' })
    await playground.as('ann').command('/ack')
    reply = () => ({ body: JSON.stringify({ response_type: 'in_channel', text: 'for all' }) })
    await playground.as('ann').command('/ack')
    reply = () => ({})
    await playground.as('ann').command('/ack')

    expect(playground.workspace.ephemerals(playground.people.ann).map((one) => one.text)).toEqual([
      'just text',
    ])
    expect(playground.workspace.ephemerals(playground.people.ben)).toEqual([])
    expect(playground.workspace.messages(alerts).map((one) => one.text)).toEqual(['for all'])
  })

  test('a failure is told as Slack tells it', async () => {
    reply = () => ({ status: 500 })
    expect(await playground.as('ann').command('/ack')).toMatchObject({
      status: 500,
      error: 'http_service_error',
    })
    reply = () => ({ body: JSON.stringify({ blocks: [{ type: 'nothing' }] }) })
    expect(await playground.as('ann').command('/ack')).toMatchObject({ error: 'invalid_blocks' })

    const [first] = playground.workspace.ephemerals(playground.people.ann)
    expect(first).toMatchObject({
      isFromSlack: true,
      text: '/ack failed with the error "http_service_error"',
    })
  })

  test('after three seconds it is operation_timeout, and settled waits for it', async () => {
    reply = () => 'never'
    const answer = playground.as('ann').command('/ack')
    await playground.settled()

    expect(await answer).toMatchObject({ status: 0, error: 'operation_timeout' })
    expect(playground.workspace.ephemerals(playground.people.ann)[0]?.text).toContain('operation_timeout')
  })

  test('an app that is not there is dispatch_failed', async () => {
    playground.connect({ requestUrl: 'http://127.0.0.1:1/slack/events' })

    expect(await playground.as('ann').command('/ack')).toMatchObject({ status: 0, error: 'dispatch_failed' })
  })
})

describe('buttons', () => {
  test('carry message, container, action and a response_url', async () => {
    const target = await card()

    const answer = await playground.as('ann').click(target, { text: 'Acknowledge' })

    expect(answer.status).toBe(200)
    expect(received[0]!.payload).toMatchObject({
      type: 'block_actions',
      user: { id: playground.people.ann, team_id: playground.teamId },
      container: {
        type: 'message_attachment',
        message_ts: target.ts,
        attachment_id: 1,
        channel_id: alerts,
        is_ephemeral: false,
      },
      channel: { id: alerts, name: 'alerts' },
      message: { ts: target.ts, text: 'card', attachments: [{ color: 'a30200' }] },
      actions: [
        { type: 'button', action_id: 'ack', block_id: 'b', value: 'v1', action_ts: expect.any(String) },
      ],
      state: { values: {} },
      response_url: answer.responseUrl,
      trigger_id: answer.triggerId,
    })
  })

  test('a button that is not there cannot be pressed', async () => {
    const target = await card()

    await expect(playground.as('ann').click(target, { text: 'Retry' })).rejects.toThrow(
      'there are: Acknowledge, More',
    )
    await expect(playground.as('ann').click({ channel: alerts, ts: '1.1' }, {})).rejects.toThrow('no message')
  })

  test('the same trigger can be sent again', async () => {
    const target = await card()
    const { triggerId } = await playground.as('ann').click(target, { index: 0 })

    await playground.as('ann').click(target, { actionId: 'ack' }, { triggerId: triggerId! })

    expect(received[1]!.payload['trigger_id']).toBe(triggerId)
  })

  test('a choice travels in the action and, later, in the state', async () => {
    const options = [{ text: plain('One hour'), value: '1h' }]
    const elements = [{ type: 'static_select' as const, action_id: 'long', options }, button('Go', 'go')]
    const { ts } = await client.chat.postMessage({
      channel: alerts,
      text: 'x',
      blocks: [{ type: 'actions', block_id: 'b', elements }],
    })
    const target = { channel: alerts, ts: ts! }

    await playground.as('ann').select(target, 'long', 'One hour')
    await playground.as('ann').click(target, { text: 'Go' })

    expect(received[0]!.payload['actions']).toMatchObject([
      { type: 'static_select', selected_option: { value: '1h' } },
    ])
    expect(received[1]!.payload['state']).toMatchObject({
      values: { b: { long: { selected_option: { value: '1h' } } } },
    })
  })
})

describe('response_url', () => {
  const send = (url: string | undefined, body: object) =>
    fetch(url!, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  test('answers the person or the channel, five times at most', async () => {
    const { responseUrl } = await playground.as('ann').command('/ack')

    const statuses: number[] = []
    for (let i = 0; i < 6; i++) statuses.push((await send(responseUrl, { text: `${i}` })).status)

    expect(statuses).toEqual([200, 200, 200, 200, 200, 404])
    expect(playground.workspace.ephemerals(playground.people.ann)).toHaveLength(5)
  })

  test('ends after thirty minutes', async () => {
    const { responseUrl } = await playground.as('ann').command('/ack')
    now += 30 * 60_000 + 1

    expect((await send(responseUrl, { text: 'late' })).status).toBe(404)
  })

  test('replaces and deletes the ephemeral message a button stood in', async () => {
    reply = () => ({
      body: JSON.stringify({
        text: 'sure?',
        blocks: [{ type: 'actions', elements: [button('Yes', 'yes')] }],
      }),
    })
    await playground.as('ann').command('/ack')
    reply = () => ({})
    const ephemeral = playground.workspace.ephemerals(playground.people.ann)[0]!.ts

    const { responseUrl } = await playground.as('ann').click({ ephemeral }, { text: 'Yes' })

    expect(received[1]!.payload).toMatchObject({
      container: { type: 'message', is_ephemeral: true, message_ts: ephemeral },
    })
    expect(received[1]!.payload['message']).toBeUndefined()
    await send(responseUrl, { replace_original: true, text: 'done' })
    expect(playground.workspace.ephemerals(playground.people.ann)).toMatchObject([
      { text: 'done', blocks: [] },
    ])
    await send(responseUrl, { delete_original: true })
    expect(playground.workspace.ephemerals(playground.people.ann)).toEqual([])
  })

  test('refuses what is no message', async () => {
    const { responseUrl } = await playground.as('ann').command('/ack')

    expect((await send(responseUrl, { blocks: [{ type: 'nothing' }] })).status).toBe(400)
    expect(playground.workspace.calls.at(-1)).toMatchObject({
      method: 'response_url',
      error: 'invalid_blocks',
    })
    expect((await fetch(responseUrl!, { method: 'POST', body: '{' })).status).toBe(400)
  })
})

test('opening Home sends a signed event, and publish fills the tab', async () => {
  await playground.as('ann').openHome()
  const event = received[0]!
  await client.views.publish({
    user_id: playground.people.ann,
    view: { type: 'home', blocks: [{ type: 'divider' }] },
  })

  expect(event.headers['content-type']).toBe('application/json')
  expect(event.payload).toMatchObject({
    type: 'event_callback',
    event_id: expect.stringMatching(/^Ev/u),
    event: { type: 'app_home_opened', user: playground.people.ann, tab: 'home' },
  })
  expect(playground.workspace.home(playground.people.ann)?.blocks).toHaveLength(1)
})
