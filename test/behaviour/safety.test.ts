import { createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answers, exchange } from '../support/raw-socket.ts'
import { NOTIFY_KEY, startWorld, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const GOOD = JSON.stringify(CRITICAL)

let world: World
beforeEach(async () => {
  world = await startWorld()
})
afterEach(async () => {
  // Whatever a test did, the next sender must not notice, and nobody is told of a fault in ackbridge.
  expect((await world.notify(CRITICAL)).status).toBe(202)
  expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
})

/** A request as text. */
function http(head: string, body: string | Buffer = ''): (string | Buffer)[] {
  return [`${head}\r\nHost: x\r\nAuthorization: Bearer ${NOTIFY_KEY}\r\n`, '\r\n', body]
}

const post = (path: string, body: string, more = ''): (string | Buffer)[] =>
  http(
    `POST ${path} HTTP/1.1\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}`,
    body,
  )

describe('a request that is refused is told why', () => {
  it.each([
    ['without a key', {}, 401],
    ['with a wrong key', { authorization: 'Bearer wrong' }, 401],
    ['with an empty key', { authorization: 'Bearer ' }, 401],
    ['with a key of another scheme', { authorization: `Basic ${NOTIFY_KEY}` }, 401],
    ['with half of the key', { 'x-api-key': NOTIFY_KEY.slice(0, -1) }, 401],
    ['with a key too many', { authorization: `Bearer ${NOTIFY_KEY}x` }, 401],
    ['with a bearer', { authorization: `Bearer ${NOTIFY_KEY}` }, 202],
    ['with a bearer in lower case', { authorization: `bearer ${NOTIFY_KEY}` }, 202],
    ['with an X-API-Key', { 'x-api-key': NOTIFY_KEY }, 202],
  ])('%s: %s → %i', async (_how, headers, status) => {
    const answer = await world.post(GOOD, { key: null, headers: headers as Record<string, string> })

    expect(answer.status).toBe(status)
    if (status === 401) {
      expect(answer.body).toMatchObject({ error: 'unauthorized', message: expect.stringContaining('Bearer') })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it.each([
    ['GET', '/notify', 'POST'],
    ['PUT', '/notify/nagios', 'POST'],
    ['DELETE', '/notify/nagios/key', 'POST'],
    ['GET', '/slack/events', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/readyz', 'GET, HEAD'],
    ['PATCH', '/metrics', 'GET, HEAD'],
    ['OPTIONS', '/api/problems', 'GET, HEAD'],
    ['DELETE', '/api/history', 'GET, HEAD'],
    ['POST', '/api/report', 'GET, HEAD'],
  ])('%s %s: 405, allowed is %s', async (method, path, allow) => {
    const response = await fetch(`${world.url}${path}`, { method })

    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    expect(await response.json()).toMatchObject({ error: 'method_not_allowed' })
  })

  it.each([
    '/',
    '//',
    '/notify/',
    '/notify//x',
    '/notify/%ZZ',
    '/notify/nagios/',
    '/notify/nagios/%E0%A4%A',
    '/notify/a/b/c',
    '/api',
    '/Notify',
    '/..',
    '/favicon.ico',
  ])('%s: 404', async (path) => {
    const [answer] = (await exchange(world.app.port, post(path, GOOD), { enough: answers(1) })).statuses
    expect(answer).toBe(404)
  })

  it.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'json',
    ';',
    'application/json5',
  ])('a body of the type %s: 415', async (type) => {
    const answer = await world.post(GOOD, { headers: { 'content-type': type } })
    expect([answer.status, answer.body.error]).toEqual([415, 'unsupported_media_type'])
  })

  it('a compressed body: 415', async () => {
    const answer = await world.post(GOOD, { headers: { 'content-encoding': 'gzip' } })
    expect(answer.status).toBe(415)
  })

  it('a body beyond 1 MiB: 413, announced or not, and one of exactly that size is read', async () => {
    const fits = JSON.stringify({ ...CRITICAL, ignored: '' })
    const exact = JSON.stringify({ ...CRITICAL, ignored: 'x'.repeat(1024 * 1024 - fits.length) })
    expect((await world.notify(exact)).status).toBe(202)

    for (const length of [1024 * 1024 + 1, 2 * 1024 * 1024]) {
      const body = 'x'.repeat(length)
      const answer = await world.post(body)
      expect([answer.status, answer.body.error]).toEqual([413, 'too_large'])
      expect(await chunked(world, body)).toBe(413)
    }
  })

  it.each([
    ['broken JSON', '{"host":"web01"'],
    ['nothing', ''],
    ['null', 'null'],
    ['a text', '"web01"'],
    ['a number', '1e999'],
    ['deep nesting', `{"host":"h","state":1,"labels":${'['.repeat(100_000)}`],
    ['closed deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['wrong types', '{"host":["web01"],"state":{"a":1},"labels":[1],"fields":"x","time":{}}'],
    ['UTF-16', Buffer.from(GOOD, 'utf16le').toString('latin1')],
    ['NaN', '{"host":"h","state":NaN}'],
    ['two values', `${GOOD}${GOOD}`],
  ])('%s: 400', async (_what, body) => {
    const answer = await world.post(body)
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_notification'])
  })
})

describe('what is odd but can be understood', () => {
  it('is taken: a byte order mark, keys given twice, keys of every object, blanks, an absolute address', async () => {
    for (const body of [
      `\ufeff${GOOD}`,
      `{"host":"x","host":"web01","state":1}`,
      `{"__proto__":{"x":1},"constructor":{},"toString":7,"host":"h","state":1}`,
      ` \n${GOOD}\n`,
    ])
      expect((await world.notify(body)).status).toBe(202)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    const { statuses } = await exchange(world.app.port, post('http://other.example:80/notify', GOOD), {
      enough: answers(1),
    })
    expect(statuses).toEqual([202])
  })

  it('is taken with every byte that is no UTF-8 replaced', async () => {
    const body = Buffer.concat([
      Buffer.from('{"host":"w'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('","state":1,"output":"caf'),
      Buffer.from([0xe9]),
      Buffer.from('"}'),
    ])
    const head = `POST /notify HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`

    const { statuses } = await exchange(world.app.port, http(head, body), { enough: answers(1) })

    expect(statuses).toEqual([202])
    await world.drain()
    expect(world.card().text).toContain('DOWN w��: caf�')
  })
})

describe('a connection that misbehaves', () => {
  const odd: [string, (string | Buffer)[], object?][] = [
    ['is no HTTP', ['\u0016\u0003\u0001hello\r\n\r\n']],
    ['speaks half a request and no more', ['POST /notify HT'], { halfClose: true }],
    [
      'ends in the middle of a body',
      http('POST /notify HTTP/1.1\r\nContent-Length: 100', '{"host":'),
      { halfClose: true },
    ],
    ['says a length that is none', http('POST /notify HTTP/1.1\r\nContent-Length: -5', GOOD)],
    ['says two lengths', http('POST /notify HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6', GOOD)],
    [
      'says a length and chunks',
      http('POST /notify HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked', GOOD),
    ],
    ['breaks its chunks', http('POST /notify HTTP/1.1\r\nTransfer-Encoding: chunked', 'ZZ\r\n{}\r\n')],
    ['has a header of 64 KiB', http(`POST /notify HTTP/1.1\r\nX-Big: ${'x'.repeat(65_536)}`)],
    ['has ten thousand headers', http(`POST /notify HTTP/1.1\r\n${'X: y\r\n'.repeat(10_000)}Z: z`)],
    ['has an address of 32 KiB', http(`POST /notify/${'x'.repeat(32_768)} HTTP/1.1`)],
    ['has a method nobody knows', http('SHOUT /notify HTTP/1.1')],
    ['has no host', ['GET /healthz HTTP/1.1\r\n\r\n']],
    ['has line breaks of its own', ['GET /healthz HTTP/1.1\nHost: x\n\n']],
    ['says more than it announced', post('/notify', GOOD).concat('trailing rubbish\r\n\r\n')],
  ]

  it.each(odd)('%s: is answered 4xx or closed', async (_what, pieces, options = {}) => {
    const { statuses, isClosed } = await exchange(world.app.port, pieces, options)

    expect(isClosed).toBe(true)
    for (const status of statuses) expect([202, 400, 408, 431]).toContain(status)
  })

  it.each(['*', 'notify', 'example.com:443', '/notify\u00e9', '?', '#', '/notify?%ZZ=%', 'http://', '/%00'])(
    'asks for %s: 4xx',
    async (target) => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { statuses } = await exchange(
          world.app.port,
          http(`${method} ${target} HTTP/1.1\r\nConnection: close`),
        )
        for (const status of statuses) expect([400, 404, 405]).toContain(status)
      }
    },
  )

  it('sends many requests at once and gets the answers in their order', async () => {
    const pieces = [
      ...post('/notify', GOOD),
      ...post('/notify', '{'),
      ...http('GET /healthz HTTP/1.1'),
      ...post('/notify/x', GOOD),
    ]

    const { statuses } = await exchange(world.app.port, pieces, { enough: answers(4) })

    expect(statuses).toEqual([202, 400, 200, 404])
  })

  it('announces less than it sends: what follows is another request, and the first one is bounded', async () => {
    const head = 'POST /notify HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5'
    const { statuses } = await exchange(world.app.port, http(head, GOOD))
    expect(statuses[0]).toBe(400)
  })

  it('goes away before it is answered, and what it said is kept all the same', async () => {
    const body = JSON.stringify({ ...CRITICAL, host: 'gone01' })
    await new Promise<void>((done) => {
      const request = httpRequest(`${world.url}/notify`, {
        method: 'POST',
        headers: { authorization: `Bearer ${NOTIFY_KEY}` },
      })
      request.on('error', () => done())
      request.end(body, () => setImmediate(() => request.destroy()))
    })
  })
})

describe('no request whatever', () => {
  const ROUTES = [
    '/notify',
    '/notify/nagios',
    '/notify/openitcockpit',
    '/notify/native',
    `/notify/nagios/${NOTIFY_KEY}`,
    '/slack/events',
    '/api/problems',
    '/api/history',
    '/api/report',
    '/healthz',
    '/readyz',
    '/metrics',
    '/%',
    '/x',
  ]
  const ALLOWED = [200, 202, 400, 401, 403, 404, 405, 413, 415]

  it('makes anything but an answer: random JSON and bytes to every route', async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .dictionary(
          fc.constantFrom(
            'host',
            'HOSTNAME',
            'state',
            'HOSTSTATE',
            'type',
            'NOTIFICATIONTYPE',
            'labels',
            'time',
            'monitor',
            'key',
            '__proto__',
          ),
          fc.jsonValue(),
        )
        .map((o) => JSON.stringify(o)),
    )
    const type = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      '',
      'application/json; charset=utf-16',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROUTES),
        fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT'),
        type,
        body,
        async (path, method, contentType, sent) => {
          const response = await fetch(`${world.url}${path}`, {
            method,
            headers: {
              authorization: `Bearer ${NOTIFY_KEY}`,
              ...(contentType === '' ? {} : { 'content-type': contentType }),
            },
            ...(method === 'GET' ? {} : { body: sent as string }),
          })
          await response.arrayBuffer()
          expect(ALLOWED).toContain(response.status)
        },
      ),
      { numRuns: 600 },
    )
  })

  it('makes anything but an answer: random queries to the API', async () => {
    const key = await world.readKey()
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        'constructor',
        '__proto__',
        'csv',
        '*',
        '[',
        '-1',
        '1e9',
        'NaN',
        '7d',
        '99999w',
        '%',
        "'",
      ),
    )
    const name = fc.constantFrom(
      'host',
      'service',
      'monitor',
      'state',
      'filter',
      'since',
      'kind',
      'problem',
      'limit',
      'cursor',
      'format',
      '__proto__',
      'x',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('problems', 'history'),
        fc.array(fc.tuple(name, word), { maxLength: 5 }),
        async (what, query) => {
          const response = await fetch(
            `${world.url}/api/${what}?${new URLSearchParams(query.map(([a, b]): [string, string] => [a, b.toWellFormed()]))}`,
            { headers: { 'x-api-key': key } },
          )
          await response.arrayBuffer()
          expect([200, 400]).toContain(response.status)
        },
      ),
      { numRuns: 400 },
    )
  })
})

describe('a request that says it is from Slack', () => {
  const body = 'payload=%7B%22type%22%3A%22block_actions%22%7D'
  const seconds = () => Math.floor(world.clock.now() / 1000)

  async function send(
    options: { at?: number; signed?: string; sent?: string; type?: string; signature?: string | null } = {},
  ): Promise<number> {
    const {
      at = seconds(),
      signed = body,
      sent = signed,
      type = 'application/x-www-form-urlencoded',
    } = options
    const secret = world.playground.signingSecret
    const good = `v0=${createHmac('sha256', secret).update(`v0:${at}:${signed}`).digest('hex')}`
    const { signature = good } = options
    const response = await fetch(`${world.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': type,
        'x-slack-request-timestamp': String(at),
        ...(signature === null ? {} : { 'x-slack-signature': signature }),
      },
      body: sent,
    })
    await response.arrayBuffer()
    return response.status
  }
  const command = () => {
    const { playground } = world
    return new URLSearchParams({
      command: '/problems',
      text: '',
      team_id: playground.teamId,
      user_id: playground.people.ann,
      channel_id: playground.channels.alerts,
      api_app_id: playground.appId,
      trigger_id: `1.${Math.random()}`,
      response_url: `${playground.url}hooks/commands/none`,
    }).toString()
  }

  it('is refused when its signature is missing, wrong, for another body, too old, from the future, or seen before', async () => {
    expect(await send({ signature: null })).toBe(401)
    expect(await send({ signature: '' })).toBe(401)
    expect(await send({ signature: `v0=${'0'.repeat(64)}` })).toBe(401)
    expect(await send({ signature: `v1=${'0'.repeat(64)}` })).toBe(401)
    expect(await send({ signed: body, sent: `${body}x` })).toBe(401)
    expect(await send({ at: seconds() - 6 * 60, signed: command() })).toBe(401)
    expect(await send({ at: seconds() + 6 * 60, signed: command() })).toBe(401)
    expect(await send({ at: Number.NaN, signed: command() })).toBe(401)

    const once = command()
    expect(await send({ signed: once })).toBe(200)
    expect(await send({ signed: once })).toBe(401)
    world.clock.step(4 * 60_000)
    expect(await send({ at: seconds() - 4 * 60, signed: once })).toBe(401)
  })

  it('is taken within five minutes, and with a charset', async () => {
    expect(await send({ at: seconds() - 299, signed: command() })).toBe(200)
    expect(await send({ at: seconds() + 299, signed: command() })).toBe(200)
    expect(await send({ signed: command(), type: 'application/x-www-form-urlencoded; charset=utf-8' })).toBe(
      200,
    )
  })

  it('may try out the address without a signature', async () => {
    expect(await send({ sent: 'ssl_check=1', signature: null })).toBe(200)
    expect(await send({ sent: 'ssl_check=1&token=old', signature: null })).toBe(200)
    expect(await send({ sent: 'ssl_check=1&payload=%7B%7D', signature: null })).toBe(401)
  })
})

async function chunked(world: World, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${world.url}/notify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${NOTIFY_KEY}`, 'content-type': 'application/json' },
    })
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
    for (let at = 0; at < body.length; at += 65_536) request.write(body.slice(at, at + 65_536))
    request.end()
  })
}
