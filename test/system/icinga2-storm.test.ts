import { afterAll, beforeAll, expect, it } from 'vitest'
import { markerOf } from '../../src/core/marker.ts'
import type { Target } from '../../src/core/monitor-api.ts'
import { icinga2 } from '../../src/monitors/icinga2/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { type RealIcinga, startIcinga } from '../support/real/icinga2.ts'
import { TestLog } from '../support/test-log.ts'
import { startWorld, textOf } from '../support/world.ts'

/*
 * A storm with Debian's Icinga 2, of which one person takes all: each is acknowledged there, once. `ICINGA_STORM=10000` makes
 * it that many.
 */

const HOST = 'app'
const PROBLEMS = Number(process.env['ICINGA_STORM'] ?? 500)
const PER_REQUEST = 500
const CRITICAL = 2

let icinga: RealIcinga

beforeAll(async () => {
  const objects = `object Host "${HOST}" { import "passive" }
for (n in range(${PROBLEMS})) {
  object Service "S" + n use (n) {
    import "passive"
    host_name = "${HOST}"
    enable_notifications = false
  }
}`
  icinga = await startIcinga({ notifyCommand: '/bin/true', objects })
  await icinga.set(HOST, null, 'UP')
  const result = { exit_status: CRITICAL, plugin_output: 'broken' }
  const all = { type: 'Service', filter: `host.name == "${HOST}"` }
  const { status } = await icinga.ask('POST', '/v1/actions/process-check-result', { ...all, ...result })
  expect(status).toBe(200)
})

afterAll(() => icinga?.close())

it('hands over all of a storm, each once, and all are confirmed', { timeout: 600_000 }, async () => {
  const yaml = JSON.stringify({ monitors: { icinga: { ...icinga.settings, pollSeconds: 3_600 } } })
  const world = await startWorld({ rates: 'slack', yaml })
  for (let from = 0; from < PROBLEMS; from += PER_REQUEST) {
    const bodies = Array.from({ length: Math.min(PER_REQUEST, PROBLEMS - from) }, (_, n) => ({
      type: 'Service',
      notificationtype: 'PROBLEM',
      hostname: HOST,
      servicedesc: `S${from + n}`,
      servicestate: 'CRITICAL',
      output: 'broken',
    }))
    expect((await world.post(bodies, { path: '/notify/icinga' })).status).toBe(202)
    await world.advance(1_000)
  }
  await world.advance(5_000)
  const card = world.messages().find(({ text }) => text.startsWith('STORM'))
  if (card === undefined) throw new Error('There is no storm.')
  const storm = (): string => {
    const text = world.messages().find(({ text }) => text.startsWith('STORM'))
    return textOf(text).replaceAll(/(\d)\s(\d)/g, '$1$2')
  }
  const { ann } = world.playground.people
  await world.as('ann').raw.click({ channel: card.channel, ts: card.ts }, { text: 'Acknowledge all…' })
  const form = world.playground.workspace.views(ann).at(-1)
  const began = performance.now()
  await world.as('ann').raw.submit(form?.id ?? '', { comment: 'switch' })
  const isDone = (): boolean => storm().includes(`ann has ${PROBLEMS}.`)
  for (let second = 0; second < 120 && !isDone(); second++) await world.advance(1_000)
  process.stdout.write(
    `icinga2: ${PROBLEMS} acknowledgements in ${Math.round(performance.now() - began)} ms\n`,
  )

  expect(storm()).toContain(`ann has ${PROBLEMS}.`)
  const { body } = await icinga.ask('GET', '/v1/objects/comments')
  const commented = body.results.map(({ attrs }: { attrs: { service_name: string } }) => attrs.service_name)
  expect(commented).toHaveLength(PROBLEMS)
  expect(new Set(commented).size).toBe(PROBLEMS)
})

it('finds a comment of ours by its mark, on its service alone', async () => {
  const around = { name: 'icinga', clock: systemClock, system: systemClock, log: new TestLog(), proxy: null }
  const api = icinga2.connect(icinga2.config.parse(icinga.settings), around)
  const target = (service: string): Target => {
    return { key: `${HOST}\u001f${service}`, host: HOST, service, episode: null, labels: null }
  }
  const marker = markerOf('01938f2e-0000-7000-8000-00000000c0de')
  expect(await api?.findComment?.(target('S1'), marker)).toBe('absent')
  await api?.comment(target('S1'), { author: 'ann', comment: 'disk ordered', marker })

  expect(await api?.findComment?.(target('S1'), marker)).toBe('there')
  expect(await api?.findComment?.(target('S2'), marker)).toBe('absent')
  await api?.close()
})
