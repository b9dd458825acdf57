import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { notify } from './notify.ts'

/* The script of the media type, run as Zabbix runs it but for the engine; the system test has the real one. */

const [mediaType] = parse(readFileSync(new URL('media-type.yaml', import.meta.url), 'utf8')).zabbix_export
  .media_types
const KEY = 'kEy-of-ackbridge'
const GIVEN = {
  ...Object.fromEntries(
    mediaType.parameters.map(({ name, value = '' }: { name: string; value?: string }) => [name, value]),
  ),
  ackbridge_url: 'https://ackbridge.example.com/',
  ackbridge_key: KEY,
  event_id: '7',
  event_value: '1',
  event_nseverity: '4',
  event_name: 'a "b" \\ \r\n ü',
  event_source: '0',
  host_host: 'web01',
}

type Sent = { url: string; body: Record<string, string>; headers: string[]; proxy: string | null }

function run(over: object, status: number, answer: string, isOld = false) {
  const sent: Sent[] = []
  const logged: string[] = []
  const headers: string[] = []
  let proxy: string | null = null
  const send = (url: string, text: string): string => {
    sent.push({ url, body: JSON.parse(text), headers, proxy })
    return answer
  }
  const addHeader = (header: string) => headers.push(header)
  const setProxy = (address: string) => {
    proxy = address
  }
  class New {
    addHeader = addHeader
    setProxy = setProxy
    post = send
    getStatus = () => status
  }
  class Old {
    AddHeader = addHeader
    SetProxy = setProxy
    Post = send
    Status = () => status
  }
  const context = {
    value: JSON.stringify({ ...GIVEN, ...over }),
    Zabbix: { log: (_: number, text: string) => logged.push(text) },
    ...(isOld ? { CurlHttpRequest: Old } : { HttpRequest: New }),
  }
  let returned: string | null = null
  let threw: string | null = null
  try {
    returned = runInNewContext(`(function (value) {${mediaType.script}})(value)`, context)
  } catch (error) {
    threw = String(error)
  }
  return { sent, logged, returned, threw }
}

describe('the media type', () => {
  it.each([false, true])('posts everything but its own settings (older Zabbix: %s)', (isOld) => {
    const { sent, returned } = run({}, 200, '{"accepted":1,"problems":[{"id":"p-1"}]}', isOld)

    expect(sent).toHaveLength(1)
    expect(sent[0]?.url).toBe('https://ackbridge.example.com/notify/zabbix')
    expect(sent[0]?.headers).toContain(`Authorization: Bearer ${KEY}`)
    expect(JSON.stringify(sent[0]?.body)).not.toMatch(/ackbridge_|kEy/)
    expect(notify({ value: sent[0]?.body }, { monitor: 'zabbix' }).notifications).toEqual([
      expect.objectContaining({ key: '7', host: 'web01', type: 'PROBLEM', state: 'CRITICAL' }),
    ])
    expect(JSON.parse(returned ?? '')).toEqual({
      tags: { ackbridge_card: 'https://ackbridge.example.com/problems/p-1' },
    })
  })

  it.each([
    [400, '{"error":"x","message":"event_id has to be a number"}', /status 400, event_id has to be/],
    [401, '{"message":"Send a valid key"}', /status 401/],
    [503, '<html>', /status 503, <html>/],
    [0, '', /status 0/],
    [302, 'null', /status 302/],
  ])('fails on %i, so that it is tried again, and keeps the key to itself', (status, answer, words) => {
    const { threw, logged } = run({}, status, answer)

    expect(threw).toMatch(words)
    expect(`${threw}${logged}`).not.toContain(KEY)
  })

  it.each(['', '[]', 'null', '{"problems":[]}'])('is content with the answer %j', (answer) => {
    expect(run({}, 200, answer).returned).toBe('{"tags":{}}')
  })

  it('says what is not set', () => {
    expect(run({ ackbridge_key: '{$ACKBRIDGE.KEY}' }, 200, '').threw).toMatch(/Set the global macro/)
    expect(run({ ackbridge_url: 'root@localhost' }, 200, '').threw).toMatch(/Set "Send to"/)
  })

  it('names another monitor, and goes through a proxy, where it is told to', () => {
    const { sent } = run({ ackbridge_monitor: 'dc 2/b', ackbridge_proxy: 'http://proxy:3128' }, 200, '{}')

    expect(sent[0]?.url).toBe('https://ackbridge.example.com/notify/dc%202%2Fb')
    expect(sent[0]?.proxy).toBe('http://proxy:3128')
  })

  it('leads to the card by the address that people use', () => {
    const over = { ackbridge_public_url: 'https://alerts.example.com/' }
    const { sent, returned } = run(over, 200, '{"problems":[{"id":"p-1"}]}')

    expect(sent[0]?.url).toMatch(/^https:\/\/ackbridge\.example\.com\/notify/)
    expect(JSON.parse(returned ?? '').tags.ackbridge_card).toBe('https://alerts.example.com/problems/p-1')
    expect([mediaType.show_event_menu, mediaType.event_menu_url]).toEqual([
      'YES',
      '{EVENT.TAGS.ackbridge_card}',
    ])
  })

  it('is told of problems, recoveries and updates, tries again, and gives tags', () => {
    expect(mediaType.message_templates.map((one: { operation_mode: string }) => one.operation_mode)).toEqual([
      'PROBLEM',
      'RECOVERY',
      'UPDATE',
    ])
    expect(Number(mediaType.attempts)).toBeGreaterThanOrEqual(3)
    expect(mediaType.process_tags).toBe('YES')
  })
})
