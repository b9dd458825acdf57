import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markerOf } from '../../src/core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../src/core/monitor-api.ts'
import { KINDS } from '../../src/monitors/registry.ts'
import type { Message, Playground } from '../../src/playground/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { until } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { type Labels, type RealAlertmanager, startRealAlertmanager } from '../support/real/alertmanager.ts'
import { ServerProcess, SOON_MS } from '../support/real/server-process.ts'
import { TestLog } from '../support/test-log.ts'
import { textOf } from '../support/world.ts'

/*
 * The whole circle with Debian's Alertmanager: its webhook tells the server, which is a process of its own, a person acts in
 * the stand-in Slack, and silences come and go. Set up as the README of the kind says, in real time.
 */

const MARK = /\[ackbridge:[0-9a-f]{10}\]$/

let playground: Playground
let am: RealAlertmanager
let way: Way
let key: string
let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.prepare()
  playground = server.playground
  server.configure({ alertmanager: { kind: 'alertmanager' } })
  key = await server.addKey('alertmanager')
  am = await startRealAlertmanager({ ackbridge: server.url, key, guarded: true })
  way = await openWay(am.port)
  const urls = [`http://127.0.0.1:${way.port}`]
  server.configure({ alertmanager: { ...am.settings, pollSeconds: 5, urls } })
  await server.start()
})

afterAll(async () => {
  await Promise.allSettled([server?.stop(), am?.close()])
  await way?.close()
  await server?.close()
})

/** The way from ackbridge to Alertmanager, which can be cut. */
type Way = { readonly port: number; cut(isCut: boolean): Promise<void>; close(): Promise<void> }

async function openWay(to: number): Promise<Way> {
  const sockets = new Set<Socket>()
  const listening = async (at: number): Promise<Server> => {
    const opened = createServer((socket) => {
      const other = connect(to, '127.0.0.1')
      for (const one of [socket, other]) {
        sockets.add(one)
        one.on('error', () => undefined)
        one.on('close', () => {
          socket.destroy()
          other.destroy()
        })
      }
      socket.pipe(other).pipe(socket)
    })
    await new Promise<void>((done) => opened.listen(at, '127.0.0.1', done))
    return opened
  }
  let open: Server | null = await listening(0)
  const { port: at } = open.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closing = open
    open = null
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    if (closing !== null) await new Promise((done) => closing.close(done))
  }
  return {
    port: at,
    cut: async (isCut) => {
      if (isCut) await close()
      else open ??= await listening(at)
    },
    close,
  }
}

function labelsOf(name: string, more: Labels = {}): Labels {
  return { alertname: name, instance: 'app1:9100', job: 'app', severity: 'critical', ...more }
}

/** Cards of an alert by its name, oldest first. */
function cards(name: string): readonly Message[] {
  const all = server.messages()
  return all.filter((message) => textOf(message).includes(`/ ${name} `))
}

async function shows(name: string, words: string | RegExp, maxMs = SOON_MS): Promise<string> {
  const text = (): string => textOf(cards(name).at(-1) ?? { text: 'There is no card.' })
  const is = (): boolean => (typeof words === 'string' ? text().includes(words) : words.test(text()))
  try {
    return await until(() => is() && text(), maxMs)
  } catch {
    const log = server.tail()
    const theirs = am.log().split('\n').slice(-10).join('\n')
    throw new Error(
      `after ${maxMs} ms the card of ${name} does not say ${words} but:\n${text()}\n${log}\n${theirs}`,
    )
  }
}

async function breaks(name: string, more: Labels = {}): Promise<void> {
  await am.fire(labelsOf(name, more), { summary: `${name} is broken` })
  await shows(name, `${name} is broken`)
}

const click = (person: string, button: string, name: string) =>
  server.click(person, button, cards(name).at(-1))

/** Silences that are not over and name this alert. */
async function silencesOf(name: string) {
  const all = await am.silences()
  return all.filter(({ matchers }) => matchers.some(({ value }) => value === name))
}

const exactly = (labels: Labels): readonly object[] =>
  Object.entries(labels).map(([label, value]) => ({ name: label, value, isRegex: false, isEqual: true }))

describe('the circle with a real Alertmanager', { timeout: 240_000 }, () => {
  it('a click silences exactly the alert; expired there it shows, silenced there it shows, resolved it is over', async () => {
    await breaks('Circle')
    await breaks('Bystander')
    await click('ann', 'Acknowledge', 'Circle')
    expect(await shows('Circle', 'Confirmed by alertmanager.')).toContain('ann has it since')
    const [ours, ...others] = await am.silences()
    expect(others).toEqual([])
    expect(ours).toMatchObject({ createdBy: 'ann', status: { state: 'active' } })
    expect(ours?.comment).toMatch(MARK)
    expect(ours?.matchers.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      exactly(labelsOf('Circle')),
    )
    const lasts = Date.parse(ours?.endsAt ?? '') - Date.now()
    expect(lasts).toBeGreaterThan(14 * 60_000)
    expect(lasts).toBeLessThan(15 * 60_000 + 1_000)

    await am.expire(ours?.id ?? '')
    await shows('Circle', 'Nobody has it yet.', 12_000)
    const janes = await am.silence(exactly(labelsOf('Circle')), 'jane', 'mine & only mine')
    expect(await shows('Circle', 'jane has it since', 12_000)).toContain('“mine & only mine”')
    await am.expire(janes)
    await shows('Circle', 'Nobody has it yet.', 12_000)

    await am.resolve(labelsOf('Circle'))
    await shows('Circle', 'Recovered')
    expect(textOf(cards('Bystander')[0])).toContain('Nobody has it yet.')
  })

  it('the silence goes with its problem, and the next firing is heard', async () => {
    await breaks('Again')
    await click('ann', 'Acknowledge', 'Again')
    await shows('Again', 'Confirmed by alertmanager.')
    expect(await silencesOf('Again')).toHaveLength(1)
    await am.resolve(labelsOf('Again'))
    // Another member of the cluster may not know of the silence yet, and tell it.
    const told = await fetch(`${server.url}/notify/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', alerts: [{ status: 'resolved', labels: labelsOf('Again') }] }),
    })
    expect(told.status).toBe(200)
    await shows('Again', 'Recovered')
    await until(async () => (await silencesOf('Again')).length === 0, SOON_MS)
    expect(
      (await am.allSilences()).some(
        ({ createdBy, status }) => createdBy === 'ann' && status.state === 'active',
      ),
    ).toBe(false)

    // It was notified of the first firing, and of no end: it does not notify a second time, so that it has to be read.
    await am.fire(labelsOf('Again'), { summary: 'Again is broken again' })
    await shows('Again', 'Again is broken again')
    await shows('Again', 'Nobody has it yet.')
  })

  it('a click while it cannot be reached fails in red, and silences once when it can', async () => {
    await breaks('Away')
    await way.cut(true)
    await click('ann', 'Acknowledge', 'Away')
    expect(await shows('Away', 'FAILED: ')).toContain('It is tried again by itself.')
    expect(await silencesOf('Away')).toEqual([])
    await way.cut(false)
    await shows('Away', 'Confirmed by alertmanager.')
    expect(await silencesOf('Away')).toMatchObject([{ createdBy: 'ann' }])
  })

  it('what it forgets when it is started again is not taken for over', async () => {
    await am.stop()
    await am.start()
    await shows('Away', 'ann has it since')
    await am.fire(labelsOf('Away'), { summary: 'Away is broken' })
    await new Promise((done) => setTimeout(done, 6_000))
    expect(textOf(cards('Away').at(-1))).toContain('ann has it since')
    expect(await silencesOf('Away')).toHaveLength(1)

    await click('ann', 'Remove acknowledgement', 'Away')
    await shows('Away', 'Nobody has it yet.')
    expect(await silencesOf('Away')).toEqual([])
  })

  it('whatever stands in labels, names and comments, one alert is silenced', async () => {
    const odd = { path: 'a "b" \'c\' \\n \\ {x=~".*"}\n,ü😀;', empty_like: ' ', team: '.*' }
    await breaks('Words', odd)
    await am.fire(labelsOf('Words2'), { summary: 'x' })
    await shows('Words2', 'Nobody has it yet.')
    const hostile = `a"b'c\`d\`\n!e;f $(id) \\ ",{"isRegex":true} <&>ü😀`
    const { status } = await playground.as('ben').command(`/ack app1 Words ${hostile} ${'x'.repeat(4_000)}`)
    expect(status).toBe(200)
    await shows('Words', 'Confirmed by alertmanager.')

    const [silence, ...others] = await silencesOf('Words')
    expect(others).toEqual([])
    expect(silence?.comment).toMatch(MARK)
    expect(silence?.comment).toContain('{"isRegex":true} <&>ü😀')
    const silent = (await am.alerts()).filter(({ status: { silencedBy } }) => silencedBy.length > 0)
    expect(silent.map(({ labels }) => labels)).toEqual([labelsOf('Words', odd)])
  })

  it('more than this alert is not ended from here', async () => {
    await breaks('Broad')
    const id = await am.silence([{ name: 'alertname', value: 'Bro.*', isRegex: true }], 'jane', 'moving')
    await shows('Broad', 'jane has it since', 12_000)
    await click('ann', 'Remove acknowledgement', 'Broad')
    await until(() => {
      const thread = playground.workspace.messages(playground.channels.alerts, {
        threadTs: cards('Broad').at(-1)?.ts ?? '',
      })
      const said = [cards('Broad').at(-1), ...thread].map(textOf).join('\n')
      return said.includes('It is silenced by a rule for more than this alert (created by jane).')
    }, SOON_MS)
    expect((await silencesOf('Bro.*')).map((one) => one.id)).toEqual([id])
    await am.expire(id)
  })

  it('is quick', async () => {
    const names = ['Round1', 'Round2', 'Round3', 'Round4', 'Round5']
    for (const name of names) await breaks(name)
    const took: number[] = []
    for (const name of names) {
      const begun = performance.now()
      await click('ann', 'Acknowledge', name)
      await shows(name, 'Confirmed by alertmanager.')
      took.push(performance.now() - begun)
    }
    const median = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0
    process.stdout.write(`alertmanager: click to confirmed ${Math.round(median)} ms\n`)
    expect(median).toBeLessThan(10_000)
  })

  it('doctor finds nothing wrong', async () => {
    const { code, stdout } = await server.command('doctor')
    expect(stdout).toContain('is Alertmanager 0.')
    expect(stdout).toContain('runs alone')
    for (const secret of am.secrets) expect(stdout).not.toContain(secret)
    expect([0, 1]).toContain(code)
  })

  it('and all that was well', async () => {
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toEqual([])
    for (const secret of am.secrets) expect(server.output()).not.toContain(secret)
    expect(playground.workspace.calls.filter(({ ok }) => !ok)).toEqual([])
    expect(playground.workspace.alarms).toEqual([])
  })
})

const ID = '0198c0de-0000-7000-8000-0123456789ab'
const ORDER: AcknowledgeOrder = {
  author: 'Ann Li',
  comment: 'on it',
  marker: markerOf(ID),
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}

function connectTo(settings: object): MonitorApi {
  const kind = KINDS.get('alertmanager')
  const around = { name: 'am', clock: systemClock, system: systemClock, log: new TestLog(), proxy: null }
  const connected = kind?.connect(kind.config.parse(settings), around)
  if (!connected) throw new Error('The settings of the README name no way to talk back.')
  return connected
}

describe('orders to a real Alertmanager', { timeout: 120_000 }, () => {
  let api: MonitorApi

  beforeAll(() => {
    api = connectTo(am.settings)
  })
  afterAll(() => api.close())

  async function targetOf(name: string, more: Labels = {}): Promise<Target> {
    const labels = labelsOf(name, more)
    await am.fire(labels)
    const found = (await am.alerts()).find(
      (alert) => JSON.stringify(alert.labels) === JSON.stringify(sorted(labels)),
    )
    return { key: found?.fingerprint ?? '', host: 'app1', service: name, episode: null, labels }
  }

  it('told again, the same silence lasts longer', async () => {
    const target = await targetOf('Longer')
    expect(await api.acknowledge(target, ORDER)).toBe('taken')
    const [first] = await silencesOf('Longer')
    await new Promise((done) => setTimeout(done, 1_100))
    expect(await api.acknowledge(target, ORDER)).toBe('taken')
    const [again, ...others] = await silencesOf('Longer')

    expect(others).toEqual([])
    expect(again?.id).toBe(first?.id)
    expect(again?.startsAt).toBe(first?.startsAt)
    expect(Date.parse(again?.endsAt ?? '')).toBeGreaterThan(Date.parse(first?.endsAt ?? ''))
    const reading = (await api.read([target])).checks.get(target.key)
    expect(reading).toMatchObject({ acknowledged: true, state: 'CRITICAL', host: 'app1', service: 'Longer' })
    expect(reading?.acknowledgement).toMatchObject({
      author: 'Ann Li',
      until: Date.parse(again?.endsAt ?? ''),
    })
  })

  it('one that was taken over is over', async () => {
    const target = await targetOf('Over')
    await api.acknowledge(target, ORDER)
    const marker = markerOf('0198c0de-0000-7000-8000-00000000beef')
    expect(await api.acknowledge(target, { ...ORDER, author: 'Ben', marker, replace: true })).toBe('taken')
    expect(await silencesOf('Over')).toMatchObject([{ createdBy: 'Ben' }])
    expect(await api.removeAcknowledgement(target, 'Ben', ORDER.marker)).toBe('taken')
    expect(await silencesOf('Over')).toHaveLength(1)
    expect(await api.removeAcknowledgement(target, 'Ben', null)).toBe('taken')
    expect(await silencesOf('Over')).toEqual([])
    expect(await api.removeAcknowledgement(target, 'Ben', null)).toBe('taken')
  })

  it('what fires with the same labels and more is not silent with it', async () => {
    const more = await targetOf('More', { path: '/login' })
    const target = await targetOf('More')
    expect(await api.acknowledge(target, ORDER)).toBe('taken')
    const { checks } = await api.read([target, more])

    expect(checks.get(target.key)?.acknowledged).toBe(true)
    expect(checks.get(more.key)?.acknowledged).toBe(false)
  })

  it('what does not fire is no problem, and labels that are not its own are refused', async () => {
    const target = await targetOf('Gone')
    await am.resolve(labelsOf('Gone'))
    expect(await api.acknowledge(target, ORDER)).toBe('not_a_problem')
    const other = { ...(await targetOf('Own')), labels: labelsOf('Own', { severity: 'warning' }) }
    expect(await api.acknowledge({ ...other, labels: null }, ORDER)).toBe('taken')
    // A question with other labels does not even find it.
    expect(await api.acknowledge(other, { ...ORDER, replace: true })).toBe('not_a_problem')
    expect(await silencesOf('Gone')).toEqual([])
  })

  it('everything that fires is read, with the time since when it runs', async () => {
    const { checks, upSince } = await api.readProblems()
    expect(checks.size).toBe((await am.alerts()).length)
    expect(Date.now() - (upSince ?? 0)).toBeLessThan(300_000)
    for (const finding of await api.examine()) expect(finding.ok).toBe(true)
  })
})

describe('a real cluster', { timeout: 120_000 }, () => {
  it('has what one member was told, and another prolongs and ends it', async () => {
    const [first, second] = [await freePort(), await freePort()]
    const around = { ackbridge: 'http://127.0.0.1:1', key: 'none' }
    const one = await startRealAlertmanager({ ...around, cluster: { own: first } })
    const two = await startRealAlertmanager({ ...around, cluster: { own: second, peer: first } })
    const cluster = connectTo({
      ...one.settings,
      urls: [one, two].map(({ port: at }) => `http://127.0.0.1:${at}`),
    })
    try {
      const labels = labelsOf('Shared')
      for (const member of [one, two]) await member.fire(labels)
      await until(
        async () =>
          (await cluster.examine()).filter(({ found }) => found.includes('sees 2 members')).length === 2,
      )
      const [alert] = await one.alerts()
      const target = { key: alert?.fingerprint ?? '', host: 'app1', service: 'Shared', episode: null, labels }
      expect(await cluster.acknowledge(target, ORDER)).toBe('taken')
      const [silence] = await one.silences()
      await until(async () => (await two.silences()).length === 1)

      await one.stop()
      expect((await cluster.read([target])).checks.get(target.key)).toMatchObject({ acknowledged: true })
      expect(await cluster.acknowledge(target, ORDER)).toBe('taken')
      expect((await two.silences()).map(({ id }) => id)).toEqual([silence?.id])
      expect(await cluster.removeAcknowledgement(target, 'Ann Li', ORDER.marker)).toBe('taken')
      expect(await two.silences()).toEqual([])
    } finally {
      await cluster.close()
      await Promise.all([one.close(), two.close()])
    }
  })
})

function sorted(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
