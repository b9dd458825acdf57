import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOTIFICATION_TYPES, type Notification } from '../../src/core/notification.ts'
import type { State } from '../../src/core/state.ts'
import type { Intake, MonitorKind } from '../../src/monitors/monitor.ts'
import { KINDS } from '../../src/monitors/registry.ts'

/*
 * What every kind of monitor owes, whoever wrote it: a folder like its siblings, a README that somebody can set it up
 * from, bodies that are understood, and no body that it throws at.
 */

const FOLDER = resolve('src/monitors')
const HEADINGS = [
  'Versions',
  'What it sends',
  'What it accepts back',
  'Set it up',
  'Permissions',
  'Known gaps',
]

/** States that a kind of monitor does not know. */
const WITHOUT: Readonly<Record<string, readonly State[]>> = {
  alertmanager: ['UNREACHABLE', 'UNKNOWN'],
  ips: ['UP', 'DOWN', 'UNREACHABLE', 'OK'],
  'slack-webhook': ['UP', 'DOWN', 'UNREACHABLE'],
  zabbix: ['UP', 'DOWN', 'UNREACHABLE', 'UNKNOWN'],
}

const ODD: readonly { readonly what: string; readonly odd: unknown }[] = [
  { what: 'null', odd: null },
  { what: 'true', odd: true },
  { what: 'a number', odd: 7 },
  { what: 'infinity', odd: Number.POSITIVE_INFINITY },
  { what: 'an empty text', odd: '' },
  { what: 'a text', odd: 'text' },
  { what: 'an empty list', odd: [] },
  { what: 'an empty object', odd: {} },
  { what: 'a list in a list', odd: [[]] },
  { what: 'an object whose toString is none', odd: { toString: 1 } },
  { what: 'a text of 300 kB', odd: 'x'.repeat(300_000) },
]

type Fixtures = {
  readonly about: string
  readonly bodies: readonly { title: string; body: Record<string, unknown>; is: Partial<Notification> }[]
}

function fixturesOf(kind: string): Fixtures {
  return JSON.parse(readFileSync(join(FOLDER, kind, 'fixtures', 'bodies.json'), 'utf8'))
}

/** What holds for every notification, wherever it comes from. */
function expectSound({ notifications, rejected }: Intake): void {
  for (const n of notifications) {
    expect(n.monitor).toBe('dc1')
    expect(n.host).not.toBe('')
    expect(n.key).not.toBe('')
    expect(NOTIFICATION_TYPES).toContain(n.type)
    if (n.state === null) expect(n.type).toBe('EVENT')
    expect(Buffer.byteLength(n.output) + Buffer.byteLength(n.longOutput ?? '')).toBeLessThanOrEqual(8_192)
    for (const name of [n.host, n.service, n.hostDisplayName, n.serviceDisplayName, n.address, n.author]) {
      expect(name ?? '').not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
      expect((name ?? '').length).toBeLessThanOrEqual(255)
    }
    for (const part of [n.key, n.output, n.longOutput, n.comment, n.id, n.episode, n.url]) {
      expect((part ?? '').isWellFormed()).toBe(true)
    }
  }
  for (const issues of rejected) {
    expect(issues.length).toBeGreaterThan(0)
    for (const { message } of issues) expect(message).not.toBe('')
  }
}

describe('the registry', () => {
  it('names every folder of a kind, and each under its own name', () => {
    const folders = readdirSync(FOLDER, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
      .map((entry) => entry.name)

    expect([...KINDS.keys()].sort()).toEqual(folders.sort())
    for (const [name, kind] of KINDS) expect(kind.kind).toBe(name)
  })
})

describe.each([...KINDS])('%s', (name: string, kind: MonitorKind) => {
  const { about, bodies } = fixturesOf(name)
  const notify = (value: unknown): Intake => kind.notify({ value }, { monitor: 'dc1' })

  it('has the files that its siblings have', () => {
    for (const file of ['index.ts', 'notify.ts', 'README.md'])
      expect(existsSync(join(FOLDER, name, file))).toBe(true)
    expect(about).not.toBe('')
    expect(kind.title).not.toBe('')
    expect([200, 202]).toContain(kind.accepted)
  })

  it('has a README that says how to set it up and what it cannot do', () => {
    const readme = readFileSync(join(FOLDER, name, 'README.md'), 'utf8')
    const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)

    expect(readme).toMatch(/^# /)
    expect(headings).toEqual(HEADINGS)
    for (const part of readme.split(/^## .+$/m).slice(1)) expect(part.trim().length).toBeGreaterThan(40)
  })

  it.each(bodies)('understands $title', ({ body, is }) => {
    const intake = notify(body)

    expect(intake.rejected).toEqual([])
    expect(intake.notifications).toEqual([expect.objectContaining(is)])
    expectSound(intake)
  })

  it('has a body of every state', () => {
    const states = new Set(bodies.map(({ is }) => is.state))
    for (const state of ['UP', 'DOWN', 'UNREACHABLE', 'OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const)
      expect([state, states.has(state)]).toEqual([state, !(WITHOUT[name] ?? []).includes(state)])
  })

  it.each(bodies)('does not mind unknown fields beside $title', ({ body }) => {
    expect(notify({ ...body, somethingNew: { deep: [1] }, '': '' })).toEqual(notify(body))
  })

  it('takes several at once, and names what is wrong with one', () => {
    const [first] = bodies
    const { notifications, rejected } = notify([first?.body, {}, first?.body])

    expect(notifications).toHaveLength(2)
    expect(rejected).toHaveLength(1)
  })

  it('says what is missing, of each body without each of its fields', () => {
    for (const { body } of bodies) {
      for (const field of Object.keys(body)) {
        const { [field]: _, ...rest } = body
        const intake = notify(rest)
        expectSound(intake)
        expect(intake.notifications.length + intake.rejected.length).toBe(1)
      }
    }
    expect(notify({}).rejected.length).toBe(1)
  })

  it.each(ODD)('survives $what in every place', ({ odd }) => {
    expectSound(notify(odd))
    for (const { body } of bodies)
      for (const field of Object.keys(body)) expectSound(notify({ ...body, [field]: odd }))
  })

  it('makes hostile text harmless to whatever keeps or shows it', () => {
    const hostile = '<!channel> @here <https://evil|x> `​\u0000\u001b[2J\r\n\u2028\ud800;DROP'
    for (const { body } of bodies)
      for (const field of Object.keys(body)) expectSound(notify({ ...body, [field]: hostile }))
  })

  it('never throws, whatever JSON arrives', () => {
    const names = fc.constantFrom(
      ...new Set(bodies.flatMap(({ body }) => Object.keys(body))),
      '__proto__',
      'constructor',
    )
    const values = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('0', '2', 'DOWN', 'PROBLEM', '$X$'),
    )
    const almost = fc
      .dictionary(names, values)
      .map((body) => JSON.parse(JSON.stringify({ ...bodies[0]?.body, ...body })))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost, fc.array(almost)), (value) => {
        expectSound(notify(value))
      }),
      { numRuns: 1_500 },
    )
  })
})
