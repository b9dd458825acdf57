import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryRow } from '../../src/core/history.ts'
import type { State } from '../../src/core/state.ts'
import type { Message, Playground } from '../../src/playground/server.ts'
import { PROGRAM, until } from '../support/command.ts'
import { type RealIcinga, startIcinga } from '../support/real/icinga2.ts'
import { ServerProcess, SOON_MS } from '../support/real/server-process.ts'
import { textOf } from '../support/world.ts'

/*
 * The whole circle with Debian's Icinga 2: its notification command runs `ackbridge notify`, a person acts in the stand-in
 * Slack, the server as a process of its own tells Icinga and hears of it. Both are set up as the README of the kind says.
 * Time is the real one, so deadlines are generous: what is tested is what happens, and in which order.
 */

const HOST = 'app'
/** One or more for each story, so that none sees what another left behind. */
const SERVICES = ['Circle', 'Away', 'Lost', 'Gap', 'Words', 'Echo', 'Loose', 'Taken', 'Short', 'Rest']
const ROUNDS = ['Round 1', 'Round 2', 'Round 3', 'Round 4', 'Round 5', 'Round 6', 'Round 7']
const GREEN = '2eb67d'
const MARK = /\[ackbridge:[0-9a-f]{10}\]$/

/** File of the exit statuses of the runs of `ackbridge notify`, one a line. */
let runs: string
let playground: Playground
let icinga: RealIcinga
let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.prepare()
  playground = server.playground
  const { folder } = server
  runs = join(folder, 'runs')
  const notify = join(folder, 'ackbridge')
  writeFileSync(runs, '')
  writeFileSync(notify, `#!/bin/sh\n${PROGRAM} "$@"\ncode=$?\necho $code >>'${runs}'\nexit $code\n`, {
    mode: 0o700,
  })
  icinga = await startIcinga({
    notifyCommand: notify,
    env: { ACKBRIDGE_NOTIFY_ENV: join(folder, 'notify.env') },
    objects: [
      `object Host "${HOST}" { import "passive" }`,
      ...[...SERVICES, ...ROUNDS].map(
        (name) => `object Service "${name}" {\n  import "passive"\n  host_name = "${HOST}"\n}`,
      ),
    ].join('\n'),
  })
  // Read so seldom, what shows on a card within a minute was not found by reading from time to time.
  const monitor = { ...icinga.settings, password: `\${ICINGA2_PASSWORD}`, pollSeconds: 3600 }
  server.configure({ icinga2: monitor }, { ICINGA2_PASSWORD: String(icinga.settings['password']) })
  const key = await server.addKey('icinga2')
  writeFileSync(join(folder, 'notify.env'), `ACKBRIDGE_URL=${server.url}\nACKBRIDGE_NOTIFY_KEY=${key}\n`)
  await server.start()
  await icinga.set(HOST, null, 'UP')
  for (const service of [...SERVICES, ...ROUNDS]) await icinga.set(HOST, service, 'OK')
})

afterAll(async () => {
  await Promise.allSettled([server?.stop(), icinga?.close()])
  await server?.close()
})

/** The newest card of a service, or of a host, by its name. */
function card(service: string): Message | null {
  const cards = server.messages()
  return cards.findLast((message) => textOf(message.blocks).endsWith(service)) ?? null
}

/** Waits until the newest card of a service says so. */
async function shows(service: string, words: string | RegExp, maxMs = SOON_MS): Promise<string> {
  const text = (): string => textOf(card(service) ?? { text: 'There is no card.' })
  try {
    return await until(() => (text().search(words) >= 0 || text().includes(String(words))) && text(), maxMs)
  } catch {
    const log = server.tail()
    throw new Error(`after ${maxMs} ms the card of ${service} does not say ${words} but:\n${text()}\n${log}`)
  }
}

/** Icinga finds a service in a state, which it has not been in, and tells so. */
async function becomes(service: string, state: State): Promise<void> {
  await icinga.set(HOST, service, state, `${service} is ${state}`)
  await shows(service, `${service} is ${state}`)
}

const click = (person: string, button: string, service: string) => server.click(person, button, card(service))

const types = (person: string, text: string) => server.types(person, text)

/** Fills in the form behind `Acknowledge…` and sends it. */
async function fillIn(
  person: 'ann' | 'ben',
  service: string,
  values: Record<string, unknown>,
): Promise<void> {
  await click(person, 'Acknowledge…', service)
  const form = await until(() => playground.workspace.stacks.get(playground.people[person])?.at(-1))
  expect((await playground.as(person).submit(form.id, values)).status).toBe(200)
}

/** Names of everything in Icinga that is acknowledged. */
async function acknowledgedThere(): Promise<readonly string[]> {
  const found: string[] = []
  for (const type of ['hosts', 'services']) {
    const { body } = await icinga.ask('GET', `/v1/objects/${type}`)
    for (const { name, attrs } of body.results) if (attrs.acknowledgement !== 0) found.push(name)
  }
  return found
}

/** How many comments of acknowledgements a service has in Icinga. */
async function commentsThere(service: string): Promise<number> {
  const { body } = await icinga.ask('GET', '/v1/objects/comments')
  return body.results.filter(
    ({ attrs }: { attrs: { entry_type: number; service_name: string } }) =>
      attrs.entry_type === 4 && attrs.service_name === service,
  ).length
}

const there = (service: string) => icinga.acknowledgement(HOST, service)

/** The record of a service, oldest first. */
function record(service: string): readonly HistoryRow[] {
  return server.record({ monitor: 'icinga2', host: HOST, service })
}

/** What became of acknowledgements of a service that were made here, step by step. */
function outcomes(service: string): readonly string[] {
  return record(service).flatMap(({ kind, outcome }) => (kind === 'acknowledgement' ? [outcome] : []))
}

/** Notifications of a type that Icinga told us of, not those that were read. */
function told(service: string, type: string): readonly HistoryRow[] {
  return record(service).filter(
    (row) => row.kind === 'notification' && row.type === type && !row.detail?.startsWith('Read, not told.'),
  )
}

/** How many runs of `ackbridge notify` have failed. */
function failedRuns(): number {
  return readFileSync(runs, 'utf8').match(/^[1-9]/gm)?.length ?? 0
}

describe('the circle with a real Icinga 2', { timeout: 240_000 }, () => {
  it('a problem is acknowledged here and there, removed there, taken there, in downtime, and over', async () => {
    await becomes('Circle', 'CRITICAL')
    expect(told('Circle', 'PROBLEM')).toHaveLength(1)

    await click('ann', 'Acknowledge', 'Circle')
    await shows('Circle', 'ann has it since')
    await shows('Circle', 'Confirmed by icinga2.')
    const ours = await there('Circle')
    expect(ours).toMatchObject({ author: 'ann', sticky: true })
    expect(ours?.comment).toMatch(MARK)

    await icinga.unacknowledge(HOST, 'Circle')
    await shows('Circle', 'Nobody has it yet.')
    await icinga.acknowledge(HOST, 'Circle', 'jane', 'on it')
    const taken = await shows('Circle', 'jane has it since')
    expect(taken).toContain('Acknowledged in icinga2.')
    expect(taken).toContain('“on it”')

    await icinga.downtime(HOST, 'Circle', true)
    await shows('Circle', 'in downtime')
    await icinga.downtime(HOST, 'Circle', false)
    await shows('Circle', /^(?!.*in downtime)/)

    await icinga.set(HOST, 'Circle', 'OK', 'fine again')
    await shows('Circle', 'Recovered after')
    expect(card('Circle')?.attachments[0]?.['color']).toBe(GREEN)
    await until(() => told('Circle', 'RECOVERY').length === 1, SOON_MS)
    expect(server.messages()).toHaveLength(1)
  })

  it('a click while Icinga is away fails in red, and arrives once when it is back', async () => {
    await becomes('Away', 'CRITICAL')
    await icinga.stop()
    await click('ann', 'Acknowledge', 'Away')
    const failed = await shows('Away', 'FAILED: ')
    expect(failed).toMatch(/FAILED: (icinga2 cannot be reached|The connection to icinga2 broke)/)
    expect(failed).toContain('It is tried again by itself.')

    await icinga.start()
    await shows('Away', 'Confirmed by icinga2.', 90_000)
    expect(await there('Away')).toMatchObject({ author: 'ann' })
    expect(await commentsThere('Away')).toBe(1)
    const [first, ...others] = outcomes('Away')
    expect([first, ...new Set(others)]).toEqual(['requested', 'failed', 'confirmed'])
  })

  it('a recovery that is told while ackbridge is down is read after its start', async () => {
    await becomes('Lost', 'CRITICAL')
    const lost = failedRuns()
    expect(await server.stop()).toBe(0)
    await icinga.set(HOST, 'Lost', 'OK', 'fine again')
    await until(() => failedRuns() > lost, SOON_MS)
    await server.start()

    await shows('Lost', 'Recovered after')
    expect(told('Lost', 'RECOVERY')).toEqual([])
  })

  it('what happens in Icinga around its restart shows when it can be heard again', async () => {
    await becomes('Gap', 'CRITICAL')
    await icinga.stop()
    await icinga.start()
    await icinga.acknowledge(HOST, 'Gap', 'jane', 'while you were away')
    await shows('Gap', 'jane has it since')

    await icinga.unacknowledge(HOST, 'Gap')
    await shows('Gap', 'Nobody has it yet.')
  })
})

describe('words and choices in a real Icinga 2', { timeout: 240_000 }, () => {
  it('whatever a comment or a name holds, one object is acknowledged', async () => {
    await becomes('Words', 'CRITICAL')
    await icinga.set('web2', null, 'DOWN')
    for (const service of icinga.services) await icinga.set(icinga.host, service, 'CRITICAL')
    const before = await acknowledgedThere()
    const hostile = `a"b'c\`d\`\n!e;f $host.name$ $(id) \\ ",{"type":"Host","filter":"true"} <&>ü😀`
    await types('ann', `/ack ${HOST} Words ${hostile}\u2028end ${'x'.repeat(4_000)}`)
    await shows('Words', 'Confirmed by icinga2.')

    const { author, comment } = (await there('Words')) ?? { author: '', comment: '' }
    expect(author).toBe('ann')
    expect(comment).toContain(`${hostile}end xxx`)
    expect(comment).toMatch(MARK)
    const with1 = [...before, `${HOST}!Words`]
    expect((await acknowledgedThere()).toSorted()).toEqual(with1.toSorted())

    const odd = icinga.services.at(-1) ?? ''
    await until(() => card(odd), SOON_MS)
    await click('ben', 'Acknowledge', odd)
    await shows(odd, 'Confirmed by icinga2.')
    await click('ben', 'Acknowledge', 'web2')
    await shows('web2', 'Confirmed by icinga2.')
    const with3 = [...with1, `${icinga.host}!${odd}`, 'web2']
    expect((await acknowledgedThere()).toSorted()).toEqual(with3.toSorted())
  })

  it('the notification that Icinga sends of our own acknowledgement only confirms it', async () => {
    await becomes('Echo', 'CRITICAL')
    const comment = 'line one\nline "two" $host.name$ `id`; !'
    await fillIn('ann', 'Echo', { comment, options: ['sticky', 'notify'] })
    await until(() => told('Echo', 'ACKNOWLEDGEMENT')[0], SOON_MS)
    await shows('Echo', 'Confirmed by icinga2.')

    const [echo, ...others] = told('Echo', 'ACKNOWLEDGEMENT')
    expect(others).toEqual([])
    expect(echo).toMatchObject({ actor: { name: 'ann' }, comment: expect.stringContaining(comment) })
    expect(textOf(card('Echo'))).toContain('ann has it since')
    expect(outcomes('Echo')).toEqual(['requested', 'confirmed'])
    expect((await there('Echo'))?.comment.startsWith(`${comment} [`)).toBe(true)
  })

  it('one that is not to be kept ends with the next change of state, here and there', async () => {
    await becomes('Loose', 'CRITICAL')
    await fillIn('ann', 'Loose', { options: [] })
    await shows('Loose', 'Confirmed by icinga2.')
    expect(await there('Loose')).toMatchObject({ author: 'ann', sticky: false })

    await becomes('Loose', 'WARNING')
    await shows('Loose', 'Nobody has it yet.')
    expect(await there('Loose')).toBeNull()
  })

  it('one that is taken over is the other’s there', async () => {
    await becomes('Taken', 'CRITICAL')
    await click('ann', 'Acknowledge', 'Taken')
    await shows('Taken', 'Confirmed by icinga2.')
    expect(await types('ben', `/ack ${HOST} Taken mine now`)).toContain(`ann has ${HOST} / Taken`)
    const held = playground.workspace.ephemerals(playground.people.ben).at(-1)
    await playground.as('ben').click({ ephemeral: held?.ts ?? '' }, { text: 'Take over' })
    await shows('Taken', /ben has it since.*Confirmed by icinga2\..*“mine now”/)

    const bens = await there('Taken')
    expect(bens).toMatchObject({ author: 'ben', comment: expect.stringMatching(/^mine now \[/) })
    expect(await commentsThere('Taken')).toBe(1)
  })

  it('a downtime is set and removed, and those of others stay', async () => {
    await becomes('Rest', 'CRITICAL')
    await icinga.downtime(HOST, 'Rest', true)
    await shows('Rest', 'in downtime')
    await types('ann', `/downtime ${HOST} Rest for 2h new disk`)
    await shows('Rest', 'by ann. Confirmed by icinga2.')
    expect((await icinga.downtimes(HOST, 'Rest')).toSorted()).toEqual([
      'maintenance',
      expect.stringMatching(/^new disk \[ackbridge:[0-9a-f]{10}\]$/),
    ])

    await types('ben', `/downtime ${HOST} Rest remove`)
    await shows('Rest', /^(?!.*Downtime until)/)
    expect(await icinga.downtimes(HOST, 'Rest')).toEqual(['maintenance'])
    await shows('Rest', 'in downtime')
  })

  it('one with an end ends at its time, here and there', async () => {
    await becomes('Short', 'CRITICAL')
    await types('ann', `/ack ${HOST} Short for 1m`)
    const asked = Date.now() / 1000
    await shows('Short', /ann has it since.*Confirmed by icinga2\./)
    const { expires } = (await there('Short')) ?? { expires: 0 }
    expect(expires).toBeGreaterThan(asked + 50)
    expect(expires).toBeLessThan(asked + 70)

    await shows('Short', 'Nobody has it yet.', 100_000)
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(expires - 2)
    // Icinga ends it in whole seconds, rounded up, and a look in that very moment may see half of it.
    await until(async () => (await there('Short')) === null, 5_000)
  })

  it('is quick', async () => {
    for (const service of ROUNDS) await becomes(service, 'CRITICAL')
    const took: number[] = []
    for (const service of ROUNDS) {
      const begun = performance.now()
      await click('ann', 'Acknowledge', service)
      await shows(service, 'Confirmed by icinga2.')
      took.push(performance.now() - begun)
    }
    const median = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0
    process.stdout.write(`icinga2: click to confirmed ${Math.round(median)} ms\n`)
    expect(median).toBeLessThan(10_000)
  })

  it('and all that was well', async () => {
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toEqual([])
    expect(playground.workspace.calls.filter(({ ok }) => !ok)).toEqual([])
    expect(playground.workspace.alarms).toEqual([])
  })
})
