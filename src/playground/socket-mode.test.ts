import { SocketModeClient } from '@slack/socket-mode'
import { type Logger, LogLevel } from '@slack/web-api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Playground, startPlayground } from './server.ts'

type Received = { type: string; body: Record<string, unknown>; ack: (payload?: unknown) => Promise<void> }

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
}

let playground: Playground
let client: SocketModeClient
let received: Received[]
let answer: unknown

beforeEach(async () => {
  received = []
  answer = undefined
  playground = await startPlayground()
  playground.connect({ requestUrl: '' })
  client = new SocketModeClient({
    appToken: playground.appToken,
    clientOptions: { slackApiUrl: playground.apiUrl },
    clientPingTimeout: 50,
    logger: silent,
  })
  client.on('slack_event', async (event: Received) => {
    received.push(event)
    await event.ack(answer)
  })
  await client.start()
})

afterEach(async () => {
  await client.disconnect()
  await playground.close()
})

test('commands go over the websocket and the acknowledgement comes back', async () => {
  answer = { text: 'seen' }

  const result = await playground.as('ann').command('/ack web01')

  expect(result).toMatchObject({ status: 200, body: { text: 'seen' } })
  expect(received[0]).toMatchObject({ type: 'slash_commands', body: { command: '/ack', text: 'web01' } })
  expect(playground.workspace.ephemerals(playground.people.ann)).toMatchObject([{ text: 'seen' }])
})

test('events and clicks too', async () => {
  const message = playground.workspace.post({
    channel: playground.channels.alerts,
    user: playground.botUserId,
    botId: playground.botId,
    text: 'card',
    blocks: [
      {
        type: 'actions',
        block_id: 'b',
        elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'Go' } }],
      },
    ],
    attachments: [],
    isBroadcast: false,
  })

  await playground.as('ann').openHome()
  await playground.as('ann').click({ channel: message.channel, ts: message.ts }, { text: 'Go' })

  expect(received.map((one) => one.type)).toEqual(['events_api', 'interactive'])
})

test('after a disconnect the client comes back on a new URL', async () => {
  expect(playground.socketMode.connections).toBe(1)

  const back = new Promise((resolve) => client.once('connected', resolve))
  playground.socketMode.disconnect()
  await back

  expect(playground.socketMode.connections).toBe(1)
  expect((await playground.as('ann').command('/ack')).status).toBe(200)
})

test('without a connection and without a request URL, dispatch fails', async () => {
  await client.disconnect()
  await expect.poll(() => playground.socketMode.connections).toBe(0)

  expect(await playground.as('ann').command('/ack')).toMatchObject({ status: 0, error: 'dispatch_failed' })
})

test('a websocket without a ticket is turned away', async () => {
  const socket = new WebSocket(`${playground.url.replace('http', 'ws')}link/?ticket=none`)
  const outcome = await new Promise((resolve) => {
    socket.addEventListener('error', () => resolve('refused'))
    socket.addEventListener('open', () => resolve('open'))
  })

  expect(outcome).toBe('refused')
})
