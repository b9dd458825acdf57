import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openStoreBeside } from '../../src/store/open.ts'
import { newIntakeKey } from '../../src/system/new-intake-key.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

/*
 * What posts to Slack posts to us instead: the answers are Slack's to the byte, and what comes is words only.
 */

const HOOK = `/services/slack-webhook/${NOTIFY_KEY}`
const MINUTE = 60_000
const FORM = 'application/x-www-form-urlencoded'

type Answered = { readonly status: number; readonly text: string; readonly headers: Headers }

async function send(
  world: World,
  body: object | string,
  { path = HOOK, type = 'application/json' }: { path?: string; type?: string | null } = {},
): Promise<Answered> {
  const response = await fetch(`${world.url}${path}`, {
    method: 'POST',
    headers: type === null ? {} : { 'content-type': type },
    body: typeof body === 'string' ? Buffer.from(body) : JSON.stringify(body),
  })
  const answered = { status: response.status, text: await response.text(), headers: response.headers }
  await world.drain()
  return answered
}

const say = async (world: World, body: object | string, options = {}): Promise<void> => {
  const { status, text } = await send(world, body, options)
  expect([status, text]).toEqual([200, 'ok'])
}

const hooks = (settings: object = {}) =>
  startWorld({ yaml: JSON.stringify({ monitors: { hooks: { kind: 'slack-webhook', ...settings } } }) })

/** A key that speaks for one monitor only. */
async function keyFor(world: World, monitor: string): Promise<string> {
  const store = openStoreBeside(`file:${world.database}`)
  const { key, id, digest } = newIntakeKey()
  store.keys.add({
    id,
    name: `only-${id}`,
    digest,
    monitors: [monitor],
    mayRead: false,
    channel: null,
    created: 0,
  })
  store.close()
  // Keys that another process adds are seen within a second.
  await new Promise((done) => setTimeout(done, 1_050))
  return key
}

describe('a message', () => {
  it.each([
    ['JSON', '{"text":"Backup & restore failed"}', 'application/json'],
    ['JSON as curl sends it', '{"text":"Backup & restore failed"}', FORM],
    ['JSON as text', '{"text":"Backup & restore failed"}', 'text/plain'],
    ['JSON of no type', '{"text":"Backup & restore failed"}', null],
    ['a form', `payload=${encodeURIComponent('{"text":"Backup & restore failed"}')}`, FORM],
  ])('becomes a card: %s', async (_, body, type) => {
    const world = await startWorld()
    const { status, text, headers } = await send(world, body, { type })
    expect([status, text, headers.get('content-type')]).toEqual([200, 'ok', 'text/plain'])
    expect(world.card().text).toBe('WARNING slack-webhook / Backup &amp; restore failed (slack-webhook)')
    expect(await world.metric('ackbridge_notifications_total', 'outcome="opened"')).toBe(1)
  })

  it('comes to the address of the monitor, of its kind, and with anything behind the key', async () => {
    const world = await hooks()
    for (const [n, path] of [
      `/services/hooks/${NOTIFY_KEY}`,
      `/services/slack-webhook/${NOTIFY_KEY}`,
      `/services/hooks/${NOTIFY_KEY}/B0123/x?y=z`,
      `/services/hooks/${NOTIFY_KEY}/`,
    ].entries())
      await say(world, { text: `message ${n}` }, { path })
    await world.advance(MINUTE)
    expect(world.messages()).toHaveLength(4)
    for (const card of world.messages()) expect(card.text).toContain('(hooks)')
  })

  it('comes to the route of every monitor too, which answers as it always does', async () => {
    const world = await hooks()
    const { status, body } = await world.notify({ text: 'by the other way' }, { path: '/notify/hooks' })
    expect(status).toBe(202)
    expect(body.problems).toEqual([
      expect.objectContaining({ service: 'by the other way', outcome: 'opened' }),
    ])
    const form = `payload=${encodeURIComponent('{"text":"by a form"}')}`
    const posted = await world.notify(form, {
      path: `/notify/hooks/${NOTIFY_KEY}`,
      headers: { 'content-type': FORM },
      key: null,
    })
    expect(posted.status).toBe(202)
    expect((await world.notify('nonsense', { path: '/notify/hooks' })).status).toBe(400)
  })

  it('says on the card what it said, as words', async () => {
    const world = await hooks()
    await say(world, {
      text: '<!channel> look',
      username: '<@U0ANN> & co',
      channel: '#general',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Disk of <https://evil.example.com|web01>' } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '```<!here> *now*```\n<https://evil.example.com/?a=1&amp;b|click> &lt;!everyone&gt;',
          },
          fields: [{ type: 'mrkdwn', text: '*Who:*\n<!subteam^S1|@ops>' }],
          accessory: {
            type: 'button',
            text: { type: 'plain_text', text: 'Win' },
            action_id: 'acknowledge',
            value: 'x',
          },
        },
        {
          type: 'rich_text',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'broadcast', range: 'channel' }] }],
        },
        {
          type: 'actions',
          elements: [{ type: 'button', text: { type: 'plain_text', text: 'Press' }, action_id: 'a' }],
        },
      ],
      attachments: [
        {
          text: '<@U0BEN> `; DROP`',
          actions: [{ type: 'button', text: 'Old' }],
          image_url: 'https://evil.example.com/x.png',
        },
      ],
    })
    const card = world.card()
    const text = textOf(card)
    for (const words of [
      '[channel] look',
      '[here] now',
      'click (https://evil.example.com/?a=1&b)',
      'Who: [ops]',
      '[U0BEN] ; DROP',
    ])
      expect(text + textOf(world.thread(card).join('\n'))).toContain(words)
    for (const no of ['Win', 'Press', 'Old', 'x.png']) expect(JSON.stringify(card)).not.toContain(no)
    expectInert([card, ...world.playground.workspace.messages(card.channel, { threadTs: card.ts })])
    expect(world.playground.workspace.alarms).toEqual([])
  })

  it('counts on one card when it comes again, and is done when somebody takes it', async () => {
    const world = await hooks()
    await say(world, { text: 'Queue is long\n100' })
    await say(world, { text: 'Queue is long\n200' })
    await world.advance(2 * MINUTE)
    await say(world, { text: 'Queue is long\n200' })
    expect(textOf(world.card())).toContain('3 notifications')
    expect(textOf(world.card())).toContain('200')

    await world.as('ann').click('Acknowledge')
    expect(textOf(world.card())).toContain('DONE')
    expect(textOf(world.card())).toContain('ann had it')

    await world.advance(5 * MINUTE)
    await say(world, { text: 'Queue is long\n300' })
    expect(textOf(world.card())).toContain('ann had it')
    await world.advance(16 * MINUTE)
    await say(world, { text: 'Queue is long\n400' })
    expect(world.messages()).toHaveLength(2)
  })

  it.each([
    ['Uptime Kuma Alert', '[Shop] [🔴 Down] timeout', '[Mail] [🔴 Down] timeout'],
    ['Service PROBLEM notification', 'Host: web01\nService: HTTP', 'Host: web01\nService: Disk'],
  ])('under the title of all, %s, is not quiet because somebody took another one', async (title, a, b) => {
    const world = await hooks()
    await say(world, { text: `${title}\n${a}\nState: CRITICAL` })
    await world.as('ann').click('Acknowledge')
    await world.advance(MINUTE)

    await say(world, { text: `${title}\n${b}\nState: CRITICAL` })
    await say(world, { text: `${title}\n${a}\nState: CRITICAL\nstill` })
    expect(world.messages()).toHaveLength(2)
  })

  it('counts where it differs in anything, and once where it is sent twice', async () => {
    const world = await hooks()
    const scan = (from: string) => ({
      attachments: [{ title: 'Scan', fields: [{ title: 'From', value: from }] }],
    })
    for (const from of ['192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.1']) await say(world, scan(from))
    expect(textOf(world.card())).toContain('2 notifications')
    await world.advance(MINUTE)
    await say(world, scan('192.0.2.2'))
    expect(textOf(world.card())).toContain('3 notifications')
    expect(textOf(world.card())).toContain('From: 192.0.2.2')
  })

  it('that fires, is over and fires again is told each time, however fast', async () => {
    const world = await hooks()
    for (const title of ['[FIRING:1] Flap ', '[RESOLVED] Flap ', '[FIRING:1] Flap '])
      await say(world, { attachments: [{ title }] })
    expect(world.messages()).toHaveLength(2)
  })

  it('that is resolved by a rule closes what it is about', async () => {
    const world = await hooks({ rules: [{ match: { title: 'Finished: *' }, resolved: true }] })
    await say(world, { attachments: [{ title: 'Scan of web01', color: 'danger' }] })
    expect(world.card().text).toContain('CRITICAL')
    await world.as('ann').click('Acknowledge')
    expect(textOf(world.card())).toContain('ann has it since')
    await say(world, { attachments: [{ title: 'Finished: something else' }] })
    expect(textOf(world.card())).toContain('ann has it since')
    await world.stop()
    await world.start()
    await say(world, { attachments: [{ title: 'Resolved: Scan of web01', color: 'good' }] })
    expect(textOf(world.card())).toContain('Recovered')
  })

  it('of a group folds into one card as the group grows, and closes it', async () => {
    const world = await hooks()
    const group = (title: string) => ({
      username: 'Alertmanager',
      attachments: [{ title, color: 'danger', text: '' }],
    })
    await say(world, group('[FIRING:1] DiskFull (web1 critical)'))
    await say(world, group('[FIRING:2] DiskFull (critical)'))
    expect(textOf(world.card())).toContain('[FIRING:2] DiskFull (critical)')
    await say(world, group('[RESOLVED] DiskFull (critical)'))
    expect(textOf(world.card())).toContain('Recovered')
  })

  it('that a rule ignores is taken and leaves nothing but a number', async () => {
    const world = await hooks({ rules: [{ match: { text: { contains: 'test message' } }, ignore: true }] })
    await say(world, { text: 'Hello\nThis is a Test Message' })
    const { status, body } = await world.notify({ text: 'x\ntest message' }, { path: '/notify/hooks' })
    expect([status, body]).toEqual([202, { accepted: 0, problems: [], ignored: 1 }])
    expect(world.messages()).toEqual([])
    expect(await world.record()).toEqual([])
    expect(await world.metric('ackbridge_notifications_total', 'outcome="ignored"')).toBe(2)
  })
})

/** Foreign words stand where characters mean nothing: in rich text, in plain text, or escaped. */
function expectInert(messages: readonly unknown[]): void {
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) look(one)
    if (typeof value !== 'object' || value === null) return
    const { type, text } = value as { type?: unknown; text?: unknown }
    if (type === 'mrkdwn') {
      expect(value).toMatchObject({ verbatim: true })
      // Only our own tokens of dates stand there.
      expect(String(text).replaceAll(/<!date\^\d+\^[^<>|]*\|[^<>|]*>/g, '')).not.toMatch(/[<>]/)
    }
    expect(['user', 'usergroup', 'broadcast', 'channel']).not.toContain(type)
    for (const part of Object.values(value)) look(part)
  }
  for (const message of messages) {
    look(message)
    expect((message as { text: string }).text).not.toMatch(/[<>]/)
  }
}

describe('an answer that is no ok', () => {
  it.each([
    ['no JSON', 'nonsense', 400, 'invalid_payload'],
    ['half of one', '{"text":"x"', 400, 'invalid_payload'],
    ['nothing', '', 400, 'invalid_payload'],
    ['a number', '7', 400, 'invalid_payload'],
    ['no message', '{}', 400, 'no_text'],
    ['an empty one', '{"text":"","attachments":[{}],"blocks":[{"type":"divider"}]}', 400, 'no_text'],
    [
      'too many attachments',
      JSON.stringify({ attachments: Array(101).fill({ text: 'x' }) }),
      400,
      'too_many_attachments',
    ],
    ['too large', JSON.stringify({ text: 'x'.repeat(1024 * 1024) }), 413, 'too_large'],
  ])('is Slack’s word for it: %s', async (_, body, status, word) => {
    const world = await hooks()
    const answered = await send(world, body)
    expect([answered.status, answered.text]).toEqual([status, word])
    expect(answered.headers.get('content-type')).toBe('text/plain')
    expect(world.messages()).toEqual([])
    expect(await world.metric('ackbridge_requests_refused_total', `reason="${word}"`)).toBe(1)
    await say(world, { text: 'and the next is taken' })
  })

  it('names keys and monitors as Slack does', async () => {
    const world = await hooks()
    const key = await keyFor(world, 'other')
    for (const [path, status, word] of [
      ['/services/hooks/wrong', 403, 'invalid_token'],
      ['/services/nothing/wrong', 403, 'invalid_token'],
      [`/services/nothing/${NOTIFY_KEY}`, 404, 'no_service'],
      [`/services/nagios/${NOTIFY_KEY}`, 404, 'no_service'],
      [`/services/hooks/${key}`, 403, 'action_prohibited'],
    ] as const) {
      const answered = await send(world, { text: 'x' }, { path })
      expect([path, answered.status, answered.text]).toEqual([path, status, word])
    }
    for (const path of [
      '/services',
      '/services/hooks',
      '/services/hooks/',
      '/services/%ZZ/x',
      '/services/hooks/%ZZ',
    ])
      expect([path, (await send(world, { text: 'x' }, { path })).status]).toEqual([path, 404])
    expect((await fetch(`${world.url}${HOOK}`)).status).toBe(405)
    expect(world.messages()).toEqual([])
  })

  it('and one that is leave the key nowhere', async () => {
    const world = await hooks()
    await say(world, { text: 'stored' }, { path: `/services/hooks/${NOTIFY_KEY}` })
    await send(world, 'nonsense', { path: `/services/hooks/${NOTIFY_KEY}` })
    const rows = JSON.stringify(await world.record())
    expect(rows).toContain('is not JSON')
    const { body } = await world.get('/metrics')
    for (const text of [rows, String(body), world.log.text(), JSON.stringify(world.messages())])
      expect(text).not.toContain(NOTIFY_KEY)
  })

  it('names the part at fault in the record', async () => {
    const world = await hooks()
    await send(world, { channel: '#x' })
    expect((await world.record()).map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['rejected', 'text is missing, and no attachment and no block says anything'],
    ])
  })
})

describe('a sender of CloudEvents that asks first', () => {
  const ask = (world: World, path: string, headers: Record<string, string>) =>
    fetch(`${world.url}${path}`, { method: 'OPTIONS', headers })
  const ORIGIN = { 'webhook-request-origin': 'events.example.com' }

  it('may send when it has a key, in any of the ways to give it', async () => {
    const world = await hooks()
    for (const [path, withKey] of [
      ['/notify/hooks', { authorization: `Bearer ${NOTIFY_KEY}` }],
      [`/notify/hooks/${NOTIFY_KEY}`, {}],
      [`/notify/hooks?x=1&access_token=${NOTIFY_KEY}`, {}],
      ['/notify', { 'x-api-key': NOTIFY_KEY }],
    ] as const) {
      const response = await ask(world, path, { ...ORIGIN, ...withKey })
      expect(response.status).toBe(200)
      expect(response.headers.get('webhook-allowed-origin')).toBe('events.example.com')
      expect(response.headers.get('webhook-allowed-rate')).toBe('*')
      expect(response.headers.get('allow')).toBe('POST')
    }
  })

  it('may not without one, and is told nothing of others', async () => {
    const world = await hooks()
    expect((await ask(world, '/notify/hooks', ORIGIN)).status).toBe(401)
    expect((await ask(world, '/notify/nothing', ORIGIN)).status).toBe(401)
    expect((await ask(world, `/notify/nothing/${NOTIFY_KEY}`, ORIGIN)).status).toBe(404)
    expect((await ask(world, `/notify/hooks/${await keyFor(world, 'other')}`, ORIGIN)).status).toBe(403)
    expect((await ask(world, `/notify/hooks/${NOTIFY_KEY}`, {})).status).toBe(405)
    expect((await ask(world, HOOK, ORIGIN)).status).toBe(405)
    expect((await ask(world, '/api/problems', ORIGIN)).status).toBe(405)
    const odd = await ask(world, `/notify/hooks/${NOTIFY_KEY}`, {
      'webhook-request-origin': 'a b"<x>;é.example.com',
    })
    expect(odd.headers.get('webhook-allowed-origin')).toBe('abx.example.com')
  })

  it('sends with the key in the query, which is nowhere then', async () => {
    const world = await hooks()
    const path = `/notify/hooks?access_token=${NOTIFY_KEY}`
    expect((await world.notify({ text: 'by the query' }, { path, key: null })).status).toBe(202)
    expect(
      (await world.notify({ text: 'x' }, { path: '/notify/hooks?access_token=no', key: null })).status,
    ).toBe(401)
    expect(world.log.text()).not.toContain(NOTIFY_KEY)
    const native = await world.notify(
      { host: 'web01', state: 'DOWN' },
      { path: `/notify?access_token=${NOTIFY_KEY}`, key: null },
    )
    expect(native.status).toBe(202)
  })
})

describe('the README', () => {
  const readme = readFileSync('src/monitors/slack-webhook/README.md', 'utf8')
  const blocks = (language: string): string[] =>
    [...readme.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
      ([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    )

  it('has settings that are taken as they are, also those that are commented out', async () => {
    const [yaml = ''] = blocks('yaml')
    const uncommented = yaml.replaceAll(/^( *)# /gm, '$1')
    for (const text of [yaml, uncommented]) expect(parse(text).monitors.hooks.kind).toBe('slack-webhook')
    expect(parse(uncommented).monitors.hooks.rules).toHaveLength(3)
    const world = await startWorld({ yaml: uncommented })
    await say(world, { text: 'taken' }, { path: `/services/hooks/${NOTIFY_KEY}` })
    expect(world.messages()).toHaveLength(1)
  })

  it('has commands that do what they say', async () => {
    const world = await hooks()
    const commands = blocks('sh').filter((block) => block.startsWith('curl'))
    expect(commands).toHaveLength(2)
    for (const command of commands) {
      const script = command
        .replace('https://ackbridge.example.com', world.url)
        .replace('/KEY', `/${NOTIFY_KEY}`)
      const printed = await new Promise((done) => execFile('sh', ['-c', script], (_, stdout) => done(stdout)))
      expect(printed).toBe('ok')
    }
    await world.drain()
    expect(world.messages().map(({ text }) => text)).toEqual([
      'CRITICAL backup / Backup of db1 failed: exit status 3 (hooks)',
      'CRITICAL nagios / web01/HTTP: Socket timeout (hooks)',
    ])
  })
})
