import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runScenario } from './scenario.ts'
import { type Playground, startPlayground } from './server.ts'

const opened: Playground[] = []
const folders: string[] = []

async function start(options: Parameters<typeof startPlayground>[0] = {}): Promise<Playground> {
  const playground = await startPlayground(options)
  opened.push(playground)
  return playground
}

afterEach(async () => {
  for (const playground of opened.splice(0)) await playground.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** A request with headers that fetch would not let through. */
function ask(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

test('the page and its API are only for this very address', async () => {
  const { url } = await start()
  const { port, host } = new URL(url)
  const say = (headers: Record<string, string>) =>
    ask(
      `${url}page-api/say`,
      { 'content-type': 'application/json', ...headers },
      'POST',
      '{"as":"ann","channel":"C0PGALERTS1","text":"hi"}',
    )

  expect((await ask(url, {})).status).toBe(200)
  expect((await ask(url, { host: `localhost:${port}` })).status).toBe(200)
  for (const wrong of ['evil.example', `evil.example:${port}`, '127.0.0.1:1', '127.0.0.1']) {
    expect((await ask(url, { host: wrong })).status).toBe(403)
    expect((await ask(`${url}page-api/changes`, { host: wrong })).status).toBe(403)
  }
  expect((await say({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await say({ origin: 'null' })).status).toBe(403)
  expect((await say({ origin: `http://${host}` })).status).toBe(200)
  expect((await say({ 'content-type': 'text/plain' })).status).toBe(400)
})

test('the page carries a strict policy, and only files of the page are served', async () => {
  const { url } = await start()

  const page = await fetch(url)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(await page.text()).toContain('not a real Slack workspace')
  for (const path of ['app.js', 'page.css', 'icon.svg']) expect((await fetch(url + path)).status).toBe(200)
  for (const path of ['..%2fserver.ts', 'server.ts', 'nothing.js', 'page/app.js']) {
    expect((await fetch(url + path)).status).toBe(404)
  }
})

test('the page sees no key and no foreign eye', async () => {
  const { url, people, signingSecret, workspace } = await start()
  workspace.postEphemeral({
    channel: 'C0PGALERTS1',
    user: people.ann,
    text: 'for Ann',
    blocks: [],
    attachments: [],
    isFromSlack: false,
  })
  const state = async (as: string) => (await fetch(`${url}page-api/state?as=${as}`)).text()

  expect(await state(people.ann)).toContain('for Ann')
  expect(await state(people.ben)).not.toContain('for Ann')
  expect(await state(people.ben)).not.toContain('C0PGSECRT04')
  expect(await state(people.ann)).not.toContain(signingSecret)
})

test('what is typed on the page: messages are escaped, unknown commands refused, errors told', async () => {
  const { url, people, channels, workspace } = await start({
    commands: [{ command: '/ack', description: 'Acknowledge', usageHint: 'HOST' }],
  })
  const act = async (name: string, body: object) => {
    const response = await fetch(`${url}page-api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as: people.ann, channel: channels.alerts, ...body }),
    })
    return { status: response.status, body: await response.json() }
  }

  await act('say', { text: 'a <b> & @c' })
  await act('say', { text: '/nothing here' })

  expect(workspace.messages(channels.alerts).map((one) => one.text)).toEqual(['a &lt;b&gt; &amp; @c'])
  expect(workspace.ephemerals(people.ann)[0]?.text).toContain('/nothing is not a valid command')
  expect(await act('click', { ts: '1.1', actionId: 'x' })).toMatchObject({
    status: 422,
    body: { error: expect.any(String) },
  })
  expect((await act('unknown', {})).status).toBe(422)
  expect((await act('notify', { notification: {} })).status).toBe(422)
})

test('alerts of the page go to the app with its key, and the scenario goes on by itself', async () => {
  const bodies: Record<string, unknown>[] = []
  const keys: (string | undefined)[] = []
  const app = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      bodies.push(JSON.parse(body))
      keys.push(request.headers.authorization)
      response.writeHead(202).end('{}')
    })
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const playground = await start()
  const notifyUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}/notify`
  playground.connect({ requestUrl: '', notifyUrl, notifyKey: 'key' })
  const pauses: number[] = []
  const impatient = {
    notify: playground.notify,
    later: (ms: number, then: () => void) => {
      pauses.push(ms)
      then()
    },
  }

  await runScenario(impatient)
  const first = bodies[0]
  await expect.poll(() => bodies.length).toBe(5)

  expect(first).toMatchObject({
    type: 'PROBLEM',
    host: 'web01',
    service: 'HTTP',
    state: 'CRITICAL',
    time: expect.any(Number),
  })
  expect(bodies.at(-1)).toMatchObject({ type: 'RECOVERY', host: 'web01', service: 'HTTP', state: 'OK' })
  expect(new Set(keys)).toEqual(new Set(['Bearer key']))
  expect(Math.max(...pauses)).toBeLessThan(2000)
  app.close()
})

test('the workspace survives a restart, and a broken file is put aside', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'playground-'))
  folders.push(folder)
  const stateFile = join(folder, 'deep', 'state.json')
  const before = await start({ stateFile })
  const posted = before.workspace.post({
    channel: before.channels.alerts,
    user: before.botUserId,
    text: 'kept',
    blocks: [],
    attachments: [],
    isBroadcast: false,
  })
  before.setUser(before.people.ben, { isDeleted: true })
  await before.close()

  const after = await start({ stateFile })
  expect(after.workspace.message(after.channels.alerts, posted.ts)?.text).toBe('kept')
  expect(after.botToken).toBe(before.botToken)
  expect(after.workspace.users.get(after.people.ben)?.isDeleted).toBe(true)
  expect(Number(after.workspace.nextTs())).toBeGreaterThan(Number(posted.ts))
  await after.close()

  await writeFile(stateFile, '{"half":')
  const fresh = await start({ stateFile })
  expect(fresh.workspace.messages(fresh.channels.alerts)).toEqual([])
  expect(await readFile(`${stateFile}.broken`, 'utf8')).toBe('{"half":')
})

test('nonsense on the wire ends nothing, and close ends every connection', async () => {
  const playground = await start()
  const port = Number(new URL(playground.url).port)
  const idle = connect(port, '127.0.0.1')
  const ended = new Promise((resolve) => idle.on('close', resolve))
  for (const bytes of [
    'GARBAGE\r\n\r\n',
    'GET //// HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /%ZZ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET //// HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ]) {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    await new Promise<void>((resolve) => {
      socket.on('data', () => socket.destroy())
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
    })
  }
  const changes = await fetch(`${playground.url}page-api/changes`)

  expect((await fetch(`${playground.apiUrl}api.test`)).status).toBe(200)
  await playground.close()
  await ended
  await expect(changes.text()).rejects.toThrow()
  await expect(fetch(playground.url)).rejects.toThrow()
})
