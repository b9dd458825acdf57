import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isOurs } from '../../src/core/marker.ts'
import { isFine, type State } from '../../src/core/state.ts'
import { KINDS } from '../../src/monitors/registry.ts'
import { type Ability, can, KIND_ROWS } from '../support/monitors/kinds.ts'
import type { Fault } from '../support/monitors/stand-in.ts'
import { MARKER, NAME, ORDER, ORDERS, READINGS, type Talk, talkTo } from '../support/monitors/talk.ts'

/*
 * What every kind of monitor that can be told owes: what it says it can do, what it reads back and how it lets go.
 * Orders, faults, hostile texts and listening are in the files beside this one.
 */

const ABILITIES: readonly Ability[] = [
  'acknowledge',
  'remove',
  'comment',
  'downtime',
  'removeDowntime',
  'read',
  'expires',
  'author',
  'sticky',
  'persistent',
  'notify',
]
/** Words of which one has to stand where a README says what its monitor cannot do. */
const WORDS_FOR: Readonly<Record<Ability, RegExp>> = {
  acknowledge: /acknowledg/i,
  remove: /remov|taking .* away/i,
  comment: /comment/i,
  downtime: /downtime/i,
  removeDowntime: /downtime/i,
  read: /\bread\b/i,
  expires: /\bend(s|ed)?\b/i,
  author: /author/i,
  sticky: /sticky/i,
  persistent: /persistent/i,
  notify: /notif/i,
}

describe.each(KIND_ROWS)('what $title says it can do', (row) => {
  it('is said of every ability, and is what it can do', async () => {
    const talk = await talkTo(row)
    const { silences, absence, ...abilities } = talk.api.capabilities
    expect(Object.keys(abilities).sort()).toEqual([...ABILITIES].sort())
    if (silences !== undefined) expect(silences.lastsMs).toBeGreaterThanOrEqual(60_000)
    expect([undefined, 'over']).toContain(absence)
    await talk.learn()

    const { capabilities } = talk.api
    expect(ABILITIES.filter((ability) => !capabilities[ability])).toEqual(row.cannot)
  })

  it('leaves out what it refuses with a plain sentence', async () => {
    const talk = await talkTo(row)
    await talk.learn()
    for (const [what, order] of Object.entries({ ...ORDERS, ...READINGS })) {
      if (what === 'readProblems' || can(row, what as Ability)) continue
      const failure = await talk.failure(order(talk, talk.service))
      expect(failure.retry.kind).toBe('never')
    }
    expect(talk.sent()).toEqual([])
  })

  it('is in its README, what it cannot do above all', () => {
    const readme = readFileSync(join(resolve('src/monitors'), row.kind, 'README.md'), 'utf8')
    const sections = new Map(
      readme
        .split(/^## /m)
        .slice(1)
        .map((part) => [part.slice(0, part.indexOf('\n')), part]),
    )
    const said = `${sections.get('What it accepts back')} ${sections.get('Known gaps')}`
    for (const ability of row.cannot) expect(said).toMatch(WORDS_FOR[ability])
  })
})

describe.each(KIND_ROWS)('a reading of $title', (row) => {
  const states: readonly (readonly [State, boolean])[] = [
    ...row.hostStates.flatMap((state) => [[state, true] as const, [state, false] as const]),
    ...row.serviceStates.flatMap((state) => [[state, true] as const, [state, false] as const]),
  ]

  it('tells every state, what of it is still being made sure of, and the names for people', async () => {
    const talk = await talkTo(row)
    for (const [state, hard] of states) {
      const isHost = row.hostStates.includes(state)
      const service = isHost ? null : row.service
      const names = { hostDisplayName: 'Web server', serviceDisplayName: isHost ? undefined : 'Web page' }
      talk.monitor.set({
        host: row.host,
        service,
        state,
        hard,
        output: `is ${state}`,
        hostDisplayName: names.hostDisplayName,
        ...(isHost ? {} : { serviceDisplayName: 'Web page' }),
      })
      // What begins anew may be another by then.
      const target = talk.target(row.host, service)
      const reading = await talk.readOne(target)

      expect(reading).toMatchObject({
        key: target.key,
        host: row.host,
        service: target.service,
        state,
        hard: row.alwaysHard === true ? true : hard,
        output: `is ${state}`,
        acknowledged: false,
        acknowledgement: null,
        inDowntime: false,
      })
      expect(reading?.downtimes ?? []).toEqual([])
      expect([null, 'Web server', row.host]).toContain(reading?.hostDisplayName)
    }
  })

  it('is as old as the question, and since when it is so is not in the future', async () => {
    const talk = await talkTo(row)
    await talk.clock.advance(60_000, async () => {})
    const before = talk.clock.now()
    const { asOf, checks } = await talk.api.read([talk.service])

    expect(asOf).toBeLessThanOrEqual(before)
    expect(asOf).toBeGreaterThan(before - 3_600_000)
    expect(checks.get(talk.service.key)?.since ?? 0).toBeLessThanOrEqual(before)
  })

  it('has our acknowledgement with author, comment and mark', async () => {
    const talk = await talkTo(row)
    for (const target of [talk.host, talk.service]) {
      await talk.api.acknowledge(target, ORDER)
      const { acknowledged, acknowledgement } = (await talk.readOne(target)) ?? {}

      expect(acknowledged).toBe(true)
      expect(acknowledgement?.comment).toContain('on it')
      expect(acknowledgement?.comment).toContain(MARKER)
      expect(can(row, 'author') ? acknowledgement?.author : acknowledgement?.comment).toContain('Ann Li')
    }
  })

  it('has somebody else’s acknowledgement, which is not ours', async () => {
    const talk = await talkTo(row)
    for (const target of [talk.host, talk.service]) {
      talk.monitor.acknowledge(target.host, target.service, { author: 'jane', comment: 'mine & only mine' })
      const reading = await talk.readOne(target)

      expect(reading?.acknowledged).toBe(true)
      if (row.wordless !== true)
        expect(reading?.acknowledgement).toMatchObject({ author: 'jane', comment: 'mine & only mine' })
      expect(isOurs(reading?.acknowledgement?.comment ?? null)).toBe(false)

      talk.monitor.unacknowledge(target.host, target.service)
      expect(await talk.readOne(target)).toMatchObject({ acknowledged: false, acknowledgement: null })
    }
  })

  it('has the newest words where an acknowledgement was replaced', async () => {
    const talk = await talkTo(row)
    talk.monitor.acknowledge(row.host, row.service, { author: 'jane', comment: 'mine' })
    await talk.clock.advance(5_000, async () => {})
    await talk.api.acknowledge(talk.service, { ...ORDER, replace: true })

    expect((await talk.readOne(talk.service))?.acknowledgement?.comment).toContain(MARKER)
  })

  it.each(can(row, 'downtime') ? ['downtimes'] : [])('has %s', async () => {
    const talk = await talkTo(row)
    for (const target of [talk.host, talk.service]) {
      talk.monitor.downtime(target.host, target.service, true)
      const reading = await talk.readOne(target)
      expect(reading?.inDowntime).toBe(true)
      expect(reading?.downtimes?.length).toBe(1)
      expect(reading?.downtimes?.[0]?.reference).not.toBe('')

      talk.monitor.downtime(target.host, target.service, false)
      expect((await talk.readOne(target))?.inDowntime).toBe(false)
    }
  })

  it('takes several at once, and leaves out what is not there', async () => {
    const talk = await talkTo(row)
    const { bystander } = row
    const others = [talk.target(bystander.host, null), talk.target(bystander.host, bystander.service)]
    talk.monitor.forget(row.host, row.service)
    const { checks } = await talk.api.read([talk.host, talk.service, ...others, talk.host])

    expect([...checks.keys()].sort()).toEqual([talk.host, ...others].map(({ key }) => key).sort())
    for (const [key, reading] of checks) expect(reading.key).toBe(key)
  })

  it('of nothing is empty', async () => {
    const talk = await talkTo(row)
    expect((await talk.api.read([])).checks.size).toBe(0)
  })

  it('of all problems has what is not well and nothing else', async () => {
    const talk = await talkTo(row)
    const { host, service, bystander } = row
    const keys = async () => [...(await talk.api.readProblems()).checks.keys()].sort()
    const all = [
      [host, null],
      [host, service],
      [bystander.host, null],
      [bystander.host, bystander.service],
    ] as const
    expect(await keys()).toEqual(all.map(([h, s]) => talk.monitor.key(h, s)).sort())

    talk.monitor.acknowledge(host, service, { author: 'jane', comment: 'mine' })
    talk.monitor.set({ host, service: null, state: 'UP' })
    talk.monitor.set({ host: bystander.host, service: bystander.service, state: 'OK' })
    expect(await keys()).toEqual(
      [talk.monitor.key(host, service), talk.monitor.key(bystander.host, null)].sort(),
    )
    const { checks } = await talk.api.readProblems()
    for (const { state } of checks.values()) expect(isFine(state)).toBe(false)
    expect(checks.get(talk.service.key)).toMatchObject({ state: 'CRITICAL', acknowledged: true })
  })

  it('reads a few hundred at once', async () => {
    const talk = await talkTo(row)
    const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    const name = (n: number): string => (row.uuidsOnly === true ? uuid(n) : `host ${n}`)
    const many = Array.from({ length: 250 }, (_, n) => talk.target(name(n), null))
    for (const { host } of many) talk.monitor.set({ host, service: null, state: 'DOWN' })

    const { checks } = await talk.api.read(many)
    expect(checks.size).toBe(250)
    expect((await talk.api.readProblems()).checks.size).toBe(254)
  })

  it('knows a check by the key that its notifications have', async () => {
    const talk = await talkTo(row)
    const intake = [
      KINDS.get(row.kind)?.notify({ value: row.notification(row.host, null, 'DOWN') }, { monitor: NAME }),
      KINDS.get(row.kind)?.notify(
        { value: row.notification(row.host, row.service, 'CRITICAL') },
        { monitor: NAME },
      ),
    ]
    const told = intake.flatMap((one) => one?.notifications ?? []).map(({ key }) => key)

    expect(told).toEqual([talk.host.key, talk.service.key])
    const { checks } = await talk.api.readProblems()
    for (const key of told) expect(checks.has(key)).toBe(true)
  })

  it('changes nothing there', async () => {
    const talk = await talkTo(row)
    await talk.learn()
    await talk.api.examine()
    expect(talk.sent()).toEqual([])
  })
})

const FAULTS: readonly Fault[] = ['well', 'away', 'hangs', 'garbage', 401, 403, 404, 409, 422, 429, 500, 503]

describe.each(KIND_ROWS)('an examination of $title', (row) => {
  it.each(FAULTS)('never throws, says what to do, and keeps secrets (%s)', async (fault) => {
    const talk = await talkTo(row)
    await talk.behave(fault)
    const outcome = await talk.end(talk.api.examine())
    if (!('returned' in outcome)) throw outcome.threw
    const findings = outcome.returned as Awaited<ReturnType<Talk['api']['examine']>>

    expect(findings.length).toBeGreaterThan(0)
    for (const { what, ok, found, advice } of findings) {
      expect(what).not.toBe('')
      expect(found).toMatch(/^\S.{5,}[.!?]$/)
      if (!ok) expect(advice).toMatch(/^\S.{10,}[.!?]$/)
    }
    if (fault !== 'well' && fault !== 409) expect(findings.some(({ ok }) => !ok)).toBe(true)
    talk.expectNoSecret(JSON.stringify(findings))
  })
})

describe.each(KIND_ROWS)('the connection to $title', (row) => {
  const handles = (): readonly string[] =>
    process
      .getActiveResourcesInfo()
      .filter((what) => /TCPSocket|TCPConnect|PipeConnect|Shutdown|GetAddrInfo/.test(what))

  it('leaves nothing open when it is closed, whatever was under way, and takes no more calls', async () => {
    const before = handles()
    const talk = await talkTo(row)
    await talk.learn()
    await talk.api.acknowledge(talk.service, ORDER)
    await talk.behave('hangs')
    const seen = talk.monitor.received.length
    const hanging = talk.end(talk.api.read([talk.service]))
    while (talk.monitor.received.length === seen) await new Promise((done) => setImmediate(done))
    await talk.api.close()
    talk.sound(((await hanging) as { threw: unknown }).threw)
    expect(talk.system.pending).toBe(0)

    await talk.behave('well')
    for (const call of Object.values({ ...ORDERS, ...READINGS })) {
      const outcome = await talk.end(call(talk, talk.service))
      expect(outcome).toHaveProperty('threw')
      expect((outcome as { threw: unknown }).threw).toBeInstanceOf(Error)
    }
    expect(talk.monitor.orders.length).toBe(1)
    await talk.api.close()
    await talk.monitor.close()
    const end = performance.now() + 2_000
    while (handles().length > before.length && performance.now() < end) {
      await new Promise((done) => setImmediate(done))
    }
    expect(handles().length).toBeLessThanOrEqual(before.length)
  })

  it('is not opened before it is needed', async () => {
    const talk = await talkTo(row)
    await new Promise((done) => setImmediate(() => setImmediate(done)))
    expect(talk.monitor.received).toEqual([])
  })
})
