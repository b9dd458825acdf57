import { type Logger, LogLevel, WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Playground, startPlayground } from '../server.ts'

let now = 1_800_000_000_000
let playground: Playground
let client: WebClient
let alerts: string

beforeEach(async () => {
  now = 1_800_000_000_000
  playground = await startPlayground({ now: () => now, userZone: 'Europe/Berlin' })
  client = clientFor(playground.botToken)
  alerts = playground.channels.alerts
})

afterEach(async () => {
  await playground.close()
})

/** The client tells about every refusal; here they are wanted. */
const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
}

function clientFor(token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl: playground.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 2000,
    logger: silent,
  })
}

/** The error word of a call that is refused. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return (error as { data?: { error?: string } } | undefined)?.data?.error
}

const post = (text: string, more: object = {}) => client.chat.postMessage({ channel: alerts, text, ...more })
const actions = [
  { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Go' } }] },
]
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })

describe('tokens, scopes and methods', () => {
  test('auth.test names workspace, bot and the granted scopes', async () => {
    const answer = await client.auth.test()

    expect(answer).toMatchObject({ ok: true, team_id: playground.teamId, user_id: playground.botUserId })
    expect(answer.response_metadata?.scopes).toContain('chat:write')
  })

  test('refuses a wrong token, no token, and the token of the other sort', async () => {
    expect(await refusal(clientFor('xoxb-wrong').auth.test())).toBe('invalid_auth')
    expect(
      await refusal(new WebClient(undefined, { slackApiUrl: playground.apiUrl, logger: silent }).auth.test()),
    ).toBe('not_authed')
    expect(await refusal(client.apps.connections.open({}))).toBe('not_allowed_token_type')
    expect(await refusal(clientFor(playground.appToken).auth.test())).toBe('not_allowed_token_type')
  })

  test('an unknown method is unknown_method', async () => {
    expect(await refusal(client.apiCall('chat.postMessages'))).toBe('unknown_method')
  })

  test('a method beyond the granted scopes says what is needed', async () => {
    const call = client.conversations.info({ channel: alerts })

    await expect(call).rejects.toMatchObject({
      data: {
        error: 'missing_scope',
        needed: expect.stringContaining('channels:read'),
        provided: expect.any(String),
      },
    })
    playground.workspace.scopes.push('channels:read')
    expect((await client.conversations.info({ channel: alerts })).channel).toMatchObject({
      name: 'alerts',
      is_member: true,
    })
  })

  test('takes JSON bodies and query arguments, and never a body it cannot read', async () => {
    const headers = {
      authorization: `Bearer ${playground.botToken}`,
      'content-type': 'application/json; charset=utf-8',
    }
    const call = async (body: string) =>
      (await fetch(`${playground.apiUrl}chat.postMessage`, { method: 'POST', headers, body })).json()

    expect(await call(JSON.stringify({ channel: alerts, text: 'json' }))).toMatchObject({ ok: true })
    expect(await call('{')).toMatchObject({ ok: false, error: 'invalid_arguments' })
    expect(await call('['.repeat(100_000))).toMatchObject({ ok: false })
    expect(await call('x'.repeat(5 * 1024 * 1024))).toMatchObject({ ok: false })
  })
})

describe('chat.postMessage', () => {
  test('gives strictly rising ts and stores what was sent', async () => {
    const first = await post('one')
    const second = await post('two', { metadata: { event_type: 'card', event_payload: { id: '1' } } })

    expect(first.ts).toMatch(/^\d{10}\.\d{6}$/u)
    expect(Number(second.ts)).toBeGreaterThan(Number(first.ts))
    expect(playground.workspace.messages(alerts).map((one) => one.text)).toEqual(['one', 'two'])
    expect(playground.workspace.message(alerts, second.ts!)?.metadata).toEqual({
      event_type: 'card',
      event_payload: { id: '1' },
    })
  })

  test.each([
    ['channel_not_found', { channel: 'C0NOWHERE', text: 'x' }],
    ['channel_not_found', { channel: 'C0PGSECRT04', text: 'x' }],
    ['no_text', { text: '' }],
    ['no_text', { text: '', blocks: [] }],
    ['invalid_blocks', { text: 'x', blocks: [{ type: 'section' }] }],
    ['invalid_blocks_format', { text: 'x', blocks: 'nonsense' }],
    ['invalid_attachments', { text: 'x', attachments: [{ blocks: [{ type: 'nothing' }] }] }],
    ['too_many_attachments', { text: 'x', attachments: Array.from({ length: 101 }, () => ({ text: 'x' })) }],
    [
      'msg_blocks_too_long',
      { text: 'x', blocks: Array.from({ length: 5 }, () => section('x'.repeat(2900))) },
    ],
    ['thread_not_found', { text: 'x', thread_ts: '1.000001' }],
    ['invalid_metadata_format', { text: 'x', metadata: { event_type: 'x' } }],
  ])('%s', async (error, args) => {
    const call = client.apiCall('chat.postMessage', { channel: alerts, ...args } as Record<string, unknown>)

    expect(await refusal(call)).toBe(error)
    expect(playground.workspace.calls.at(-1)).toMatchObject({ method: 'chat.postMessage', ok: false, error })
  })

  test("explains bad blocks in Slack's words", async () => {
    await expect(post('x', { blocks: [section('')] })).rejects.toMatchObject({
      data: {
        errors: ['must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
        response_metadata: {
          messages: ['[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
        },
      },
    })
  })

  test('cuts text beyond 40 000 characters without a word', async () => {
    const { ts } = await post('x'.repeat(40_001))

    expect(playground.workspace.message(alerts, ts!)?.text).toHaveLength(40_000)
  })

  test('posts where the app is no member only if that is granted, and never to an archived channel', async () => {
    const { random, database } = playground.channels
    expect((await client.chat.postMessage({ channel: random, text: 'x' })).ok).toBe(true)

    playground.workspace.scopes = ['chat:write']
    playground.archive(database)

    expect(await refusal(client.chat.postMessage({ channel: random, text: 'x' }))).toBe('not_in_channel')
    expect(await refusal(client.chat.postMessage({ channel: database, text: 'x' }))).toBe('is_archived')
  })

  test('a reply stays in the thread unless it is broadcast', async () => {
    const head = await post('head')
    await post('quiet', { thread_ts: head.ts })
    await post('loud', { thread_ts: head.ts, reply_broadcast: true })

    expect(playground.workspace.messages(alerts).map((one) => one.text)).toEqual(['head', 'loud'])
    expect(playground.workspace.messages(alerts, { threadTs: head.ts! }).map((one) => one.text)).toEqual([
      'quiet',
      'loud',
    ])
  })

  test('records what rings people', async () => {
    await post('all is quiet', { parse: 'none' })
    const { ts } = await post('down <!here> @channel')

    expect(playground.workspace.alarms).toMatchObject([{ ts, mentions: ['<!here>', '@channel'] }])
    expect(playground.workspace.message(alerts, ts!)?.mentions).toEqual(['<!here>', '@channel'])
  })
})

describe('chat.update', () => {
  const attachments = [{ color: '#ff0000', blocks: [section('bar')] }]

  test('text without blocks takes the blocks away and keeps attachments and metadata', async () => {
    const metadata = { event_type: 'card', event_payload: { id: '1' } }
    const { ts } = await post('old', { blocks: actions, attachments, metadata })

    await client.chat.update({ channel: alerts, ts: ts!, text: 'new' })

    const stored = playground.workspace.message(alerts, ts!)
    expect(stored).toMatchObject({ text: 'new', blocks: [], metadata, updates: 1 })
    expect(stored?.attachments).toHaveLength(1)
    expect(stored?.attachments[0]).toMatchObject({ color: 'ff0000' })
  })

  test('without text and blocks, both stay; an empty list and empty metadata take away', async () => {
    const { ts } = await post('old', {
      blocks: actions,
      attachments,
      metadata: { event_type: 'a', event_payload: {} },
    })

    await client.apiCall('chat.update', { channel: alerts, ts, attachments: [], metadata: {} })

    const stored = playground.workspace.message(alerts, ts!)
    expect(stored).toMatchObject({ text: 'old', attachments: [] })
    expect(stored?.blocks).toHaveLength(1)
    expect(stored?.metadata).toBeUndefined()
  })

  test('refuses long text, unknown and foreign messages', async () => {
    const { ts } = await post('mine')
    const foreign = playground.workspace.post({
      channel: alerts,
      user: playground.people.ann,
      text: 'hers',
      blocks: [],
      attachments: [],
      isBroadcast: false,
    })
    const update = (more: object) =>
      refusal(client.apiCall('chat.update', { channel: alerts, ts, text: 'x', ...more }))

    expect(await update({ text: 'x'.repeat(4001) })).toBe('msg_too_long')
    expect(await update({ text: 'ä'.repeat(2001) })).toBe('msg_too_long')
    expect(await update({ ts: '1.000001' })).toBe('message_not_found')
    expect(await update({ ts: foreign.ts })).toBe('cant_update_message')
    playground.deleteMessage(alerts, ts!)
    expect(await update({})).toBe('message_not_found')
  })
})

describe('reading', () => {
  test('history is newest first, bounded, and shows metadata only when asked', async () => {
    const metadata = { event_type: 'card', event_payload: { id: '7' } }
    const first = await post('one')
    await post('two', { metadata })
    await post('three')

    const plain = await client.conversations.history({ channel: alerts, oldest: first.ts!, limit: 15 })
    const full = await client.conversations.history({ channel: alerts, include_all_metadata: true, limit: 2 })

    expect(plain.messages?.map((one) => one.text)).toEqual(['three', 'two'])
    expect(plain.messages?.[1]?.metadata).toEqual({ event_type: 'card' })
    expect(full.messages?.[1]?.metadata).toEqual(metadata)
    expect(full.has_more).toBe(true)
    const next = await client.conversations.history({
      channel: alerts,
      cursor: full.response_metadata!.next_cursor!,
    })
    expect(next.messages?.map((one) => one.text)).toEqual(['one'])
  })

  test('replies give the head first; an unknown thread is thread_not_found', async () => {
    const head = await post('head')
    await post('reply', { thread_ts: head.ts })

    const { messages } = await client.conversations.replies({ channel: alerts, ts: head.ts! })

    expect(messages?.map((one) => one.text)).toEqual(['head', 'reply'])
    expect(messages?.[0]).toMatchObject({ reply_count: 1 })
    expect(await refusal(client.conversations.replies({ channel: alerts, ts: '1.000001' }))).toBe(
      'thread_not_found',
    )
  })

  test('history needs membership; join makes it', async () => {
    const { random } = playground.channels

    expect(await refusal(client.conversations.history({ channel: random }))).toBe('not_in_channel')
    await client.conversations.join({ channel: random })
    expect((await client.conversations.history({ channel: random })).ok).toBe(true)
  })

  test('users and groups', async () => {
    const { ann, guest, stranger, deactivated } = playground.people
    const info = async (user: string) => (await client.users.info({ user })).user

    expect(await info(ann)).toMatchObject({ tz: 'Europe/Berlin', is_restricted: false, deleted: false })
    expect(await info(guest)).toMatchObject({ is_restricted: true, is_ultra_restricted: false })
    expect(await info(stranger)).toMatchObject({ is_stranger: true })
    expect(await info(deactivated)).toMatchObject({ deleted: true })
    expect(await refusal(client.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found')
    expect((await client.usergroups.users.list({ usergroup: 'S0PGOPS0001' })).users).toContain(ann)
  })

  test('a permalink leads to the page', async () => {
    const { ts } = await post('x')
    const { permalink } = await client.chat.getPermalink({ channel: alerts, message_ts: ts! })

    expect(permalink).toBe(`${playground.url}archives/${alerts}/p${ts!.replace('.', '')}`)
    expect((await fetch(permalink!)).status).toBe(200)
  })
})

test('a deleted head of a thread leaves a tombstone', async () => {
  const head = await post('head')
  await post('reply', { thread_ts: head.ts })

  await client.chat.delete({ channel: alerts, ts: head.ts! })

  expect(playground.workspace.message(alerts, head.ts!)).toMatchObject({ isTombstone: true })
  expect(await refusal(client.chat.delete({ channel: alerts, ts: head.ts! }))).toBe('message_not_found')
})

test("with Slack's rates, 429 and Retry-After", async () => {
  await playground.close()
  playground = await startPlayground({ now: () => now, rates: 'slack' })
  client = clientFor(playground.botToken)
  for (let i = 0; i < 4; i++) await post('x')

  await expect(post('one too many')).rejects.toMatchObject({ retryAfter: 1 })
  now += 1000
  expect((await post('after a second')).ok).toBe(true)
})

describe('faults', () => {
  test('nothing is done for error, status, reset, html', async () => {
    playground.faults.next('chat.postMessage', { kind: 'error', error: 'internal_error' })
    playground.faults.next('chat.postMessage', { kind: 'status', status: 503, retryAfterSeconds: 7 })
    playground.faults.next('chat.postMessage', { kind: 'reset' })
    playground.faults.next('chat.postMessage', { kind: 'html' })

    expect(await refusal(post('x'))).toBe('internal_error')
    await expect(post('x')).rejects.toMatchObject({ statusCode: 503 })
    await expect(post('x')).rejects.toMatchObject({ code: 'slack_webapi_request_error' })
    expect(await refusal(post('x'))).toContain('<html>')
    expect(playground.workspace.messages(alerts)).toEqual([])
    expect(playground.faults.history).toHaveLength(4)
    expect((await post('works again')).ok).toBe(true)
  })

  test('lost and slow are done all the same', async () => {
    playground.faults.next('chat.postMessage', { kind: 'lost' })
    await expect(post('lost')).rejects.toMatchObject({ code: 'slack_webapi_request_error' })

    playground.faults.next('chat.postMessage', { kind: 'slow', ms: 60 })
    await post('slow')

    expect(playground.workspace.messages(alerts).map((one) => one.text)).toEqual(['lost', 'slow'])
  })

  test('hang never answers and close still works; always lasts until it is taken away', async () => {
    playground.faults.always('chat.postMessage', { kind: 'hang' })
    const impatient = new WebClient(playground.botToken, {
      slackApiUrl: playground.apiUrl,
      timeout: 50,
      logger: silent,
      retryConfig: { retries: 0 },
    })

    await expect(impatient.chat.postMessage({ channel: alerts, text: 'x' })).rejects.toThrow()
    await expect(impatient.chat.postMessage({ channel: alerts, text: 'x' })).rejects.toThrow()
    playground.faults.always('chat.postMessage', null)
    expect((await post('x')).ok).toBe(true)
  })
})
