import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Failure } from '../../src/core/failure.ts'
import type { HistoryRow } from '../../src/core/history.ts'
import { zabbix as kind } from '../../src/monitors/zabbix/index.ts'
import type { Message, Playground } from '../../src/playground/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { until } from '../support/command.ts'
import { ServerProcess, SOON_MS } from '../support/real/server-process.ts'
import { type RealZabbix, startZabbix } from '../support/real/zabbix.ts'
import { TestLog } from '../support/test-log.ts'
import { textOf } from '../support/world.ts'

/*
 * The whole circle with Debian's Zabbix 6.0: its media type posts to the server as a process of its own, a person acts in
 * the stand-in Slack, and the server tells the API and reads it again. All is set up as the README of the kind says.
 */

const SERVICES = ['Circle', 'Away', 'Lost', 'Words', 'Refused', 'Wrong key', 'Said']
const ROUNDS = ['Round 1', 'Round 2', 'Round 3', 'Round 4', 'Round 5']
const GREEN = '2eb67d'
const MARK = /\[ackbridge:[0-9a-f]{10}\]$/
/** Bits of what people do in Zabbix. */
const ACKNOWLEDGE = 6
const UNACKNOWLEDGE = 20

const AROUND = { name: 'zabbix', clock: systemClock, system: systemClock, log: new TestLog(), proxy: null }

let playground: Playground
let zabbix: RealZabbix
let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.prepare()
  playground = server.playground
  zabbix = await startZabbix([...SERVICES, ...ROUNDS])
  const monitor = { ...zabbix.settings, token: `\${ZABBIX_TOKEN}`, pollSeconds: 5 }
  server.configure({ zabbix: monitor }, { ZABBIX_TOKEN: String(zabbix.settings['token']) })
  await zabbix.sendTo(server.url, await server.addKey('zabbix'))
  await server.start()
})

afterAll(async () => {
  await Promise.allSettled([server?.stop(), zabbix?.close()])
  await server?.close()
})

/** The newest card of a trigger. */
function card(service: string): Message | null {
  const cards = server.messages()
  return cards.findLast((message) => textOf(message.blocks).includes(`/ ${service}`)) ?? null
}

/** Waits until the newest card of a trigger says so. */
async function shows(service: string, words: string | RegExp, maxMs = SOON_MS): Promise<string> {
  const text = (): string => textOf(card(service) ?? { text: 'There is no card.' })
  try {
    return await until(() => (text().search(words) >= 0 || text().includes(String(words))) && text(), maxMs)
  } catch {
    const log = server.tail()
    const alerts = JSON.stringify((await zabbix.alerts().catch(() => [])).slice(0, 5))
    throw new Error(
      `after ${maxMs} ms the card of ${service} does not say ${words} but:\n${text()}\n${log}\n${alerts}`,
    )
  }
}

async function becomesIll(service: string): Promise<void> {
  await zabbix.set(service, true, `${service} is CRITICAL`)
  await shows(service, `${service} is CRITICAL`)
}

const click = (person: string, button: string, service: string) => server.click(person, button, card(service))

/** The record of a trigger, oldest first. */
function record(service: string): readonly HistoryRow[] {
  return server.record({ monitor: 'zabbix', host: zabbix.host, service })
}

/** What became of acknowledgements of a trigger that were made here, step by step. */
function outcomes(service: string): readonly string[] {
  return record(service).flatMap(({ kind, outcome }) => (kind === 'acknowledgement' ? [outcome] : []))
}

describe('the circle with a real Zabbix', { timeout: 200_000 }, () => {
  it('a problem is acknowledged here and there, taken back there, taken there, and over', async () => {
    await becomesIll('Circle')
    const told = textOf(card('Circle'))
    expect(told).toContain('Application server')

    await click('ann', 'Acknowledge', 'Circle')
    await shows('Circle', 'ann has it since')
    await shows('Circle', 'Confirmed by zabbix.')
    const ours = await zabbix.problem('Circle')
    expect(ours.acknowledged).toBe(true)
    expect(ours.updates[0]).toMatchObject({ action: 6, username: 'ackbridge' })
    expect(ours.updates[0]?.message).toMatch(/^ann: /)
    expect(ours.updates[0]?.message).toMatch(MARK)

    await zabbix.act('Circle', UNACKNOWLEDGE, { message: 'not yet' })
    await shows('Circle', 'Nobody has it yet.')
    await zabbix.act('Circle', ACKNOWLEDGE, { message: 'on it & <more> {$ACKBRIDGE.KEY}' })
    const taken = await shows('Circle', /Jane Doe.* has it since/)
    expect(taken).toContain('Acknowledged in zabbix.')
    expect(taken).toContain('{$ACKBRIDGE.KEY}')

    await zabbix.set('Circle', false, 'fine again')
    await shows('Circle', 'Recovered after')
    expect(card('Circle')?.attachments[0]?.['color']).toBe(GREEN)
    expect(server.messages()).toHaveLength(1)
  })

  it('leaves a tag on the event that leads to the card', async () => {
    const { eventid } = await zabbix.problem('Circle')
    const [{ tags }] = await zabbix.ask('event.get', { eventids: [eventid], selectTags: ['tag', 'value'] })
    expect(tags).toContainEqual({ tag: 'team', value: 'web' })
    const [ours] = tags.filter(({ tag }: { tag: string }) => tag === 'ackbridge_card')
    const answer = await fetch(ours?.value, { redirect: 'manual' })
    const ts = card('Circle')?.ts.replace('.', '')
    expect(ts).toMatch(/^\d{16}$/)
    expect(answer.headers.get('location')).toMatch(
      new RegExp(`^http://127.0.0.1:\\d+/archives/C\\w+/p${ts}$`),
    )
  })

  it('a click while the frontend is away fails in red, and arrives once when it is back', async () => {
    await becomesIll('Away')
    await zabbix.stopFrontend()
    await click('ann', 'Acknowledge', 'Away')
    const failed = await shows('Away', 'FAILED: ')
    expect(failed).toMatch(/FAILED: (zabbix cannot be reached|The connection to zabbix broke)/)

    await zabbix.startFrontend()
    await shows('Away', 'Confirmed by zabbix.', 90_000)
    const { updates } = await zabbix.problem('Away')
    expect(updates.filter(({ message }) => MARK.test(message))).toHaveLength(1)
    const [first, ...others] = outcomes('Away')
    expect([first, ...new Set(others)]).toEqual(['requested', 'failed', 'confirmed'])
  })

  it('a problem and its end that are told while ackbridge is down are told again, or read', async () => {
    await becomesIll('Lost')
    expect(await server.stop()).toBe(0)
    await zabbix.set('Lost', false, 'fine again')
    await until(async () => {
      const { recovered } = await recoveryOf('Lost')
      return recovered
    }, SOON_MS)
    await server.start()
    await shows('Lost', 'Recovered after')
  })

  it('whatever a comment holds, it arrives as it was written', async () => {
    await becomesIll('Words')
    const hostile = `a"b'c\`d\` $(id) \\ ",{"auth":"x"} {HOST.NAME} {$ACKBRIDGE.KEY} <&>;ü😀`
    const { status } = await playground
      .as('ben')
      .command(`/ack ${zabbix.host} Words ${hostile} ${'x'.repeat(4_000)}`)
    expect(status).toBe(200)
    await shows('Words', 'Confirmed by zabbix.')
    const [said] = (await zabbix.problem('Words')).updates
    expect(said?.message).toContain(`ben: ${hostile} xxx`)
    expect(said?.message).toMatch(MARK)
  })

  it('is quick', async () => {
    for (const service of ROUNDS) await zabbix.set(service, true, `${service} is CRITICAL`)
    for (const service of ROUNDS) await shows(service, `${service} is CRITICAL`)
    const took: number[] = []
    for (const service of ROUNDS) {
      const begun = performance.now()
      await click('ann', 'Acknowledge', service)
      await shows(service, 'Confirmed by zabbix.')
      took.push(performance.now() - begun)
    }
    const median = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0
    process.stdout.write(`zabbix: click to confirmed ${Math.round(median)} ms\n`)
    expect(median).toBeLessThan(10_000)
  })

  it('is examined without a fault, with the least rights', async () => {
    const { code, stdout } = await server.command('doctor')
    expect(stdout).toContain('Zabbix 6.0')
    expect(stdout).not.toContain(String(zabbix.settings['token']))
    expect({ code, stdout }).toMatchObject({ code: 0 })
  })

  it('finds a message of ours by its mark', async () => {
    await becomesIll('Said')
    const { eventid } = await zabbix.problem('Said')
    const api = kind.connect(kind.config.parse(zabbix.settings), AROUND)
    const target = { key: eventid, host: zabbix.host, service: 'Said', episode: null, labels: null }
    const marker = '[ackbridge:0123456789]'
    expect(await api?.findComment?.(target, marker)).toBe('absent')
    await api?.comment(target, { author: 'ann', comment: 'disk ordered', marker })
    expect(await api?.findComment?.(target, marker)).toBe('there')
    await api?.close()
  })

  it('says why, where something is refused', async () => {
    await becomesIll('Refused')
    const { eventid } = await zabbix.problem('Refused')
    const refusal = async (key: string, token = String(zabbix.settings['token'])): Promise<string> => {
      const api = kind.connect(kind.config.parse({ ...zabbix.settings, token }), AROUND)
      const order = { author: 'ann', comment: 'x', marker: '[ackbridge:0123456789]', replace: false }
      const target = { key, host: zabbix.host, service: 'Refused', episode: null, labels: null }
      const flags = { sticky: false, persistent: false, notify: false, until: null }
      const answer = await api?.acknowledge(target, { ...order, ...flags }).catch((error: unknown) => error)
      await api?.close()
      return answer instanceof Failure ? `${answer.code} ${answer.retry.kind}` : String(answer)
    }
    const action = (status: number) =>
      zabbix.ask('role.update', {
        roleid: zabbix.roleid,
        rules: { actions: [{ name: 'acknowledge_problems', status }] },
      })
    const methods = (api: readonly string[]) =>
      zabbix.ask('role.update', { roleid: zabbix.roleid, rules: { api } })
    const found: string[] = []
    found.push(await refusal('999999'), await refusal(eventid, '0'.repeat(64)))
    await action(0)
    found.push(await refusal(eventid))
    await action(1)
    await methods(['event.get'])
    found.push(await refusal(eventid))
    await methods(['event.*', 'problem.*', 'trigger.*', 'user.*'])
    await zabbix.ask('token.update', { tokenid: zabbix.tokenid, status: 1 })
    found.push(await refusal(eventid))
    await zabbix.ask('token.update', { tokenid: zabbix.tokenid, status: 0 })
    found.push(await refusal(eventid))

    expect(found).toEqual([
      'not_found never',
      'unauthorized later',
      'unauthorized never',
      'unauthorized never',
      'unauthorized later',
      'taken',
    ])
  })

  it('shows in Zabbix why a notification was not taken', async () => {
    await zabbix.sendTo(server.url, 'a-wrong-key')
    await zabbix.set('Wrong key', true, 'is CRITICAL')
    const error = await until(async () => (await zabbix.alerts())[0]?.error || null, SOON_MS)
    expect(error).toMatch(/ackbridge: status 401, Send a valid key/)
  })

  it('and all that was well', async () => {
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toEqual([])
    expect(playground.workspace.calls.filter(({ ok }) => !ok)).toEqual([])
    expect(playground.workspace.alarms).toEqual([])
  })
})

async function recoveryOf(service: string): Promise<{ recovered: boolean }> {
  const { eventid } = await zabbix.problem(service)
  const [{ r_eventid }] = await zabbix.ask('event.get', { eventids: [eventid], output: ['r_eventid'] })
  return { recovered: r_eventid !== '0' }
}
