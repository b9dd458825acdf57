import Database from 'better-sqlite3'
import { afterEach, expect, it } from 'vitest'
import { isOurs } from '../../src/core/marker.ts'
import { type IcingaStandIn, startIcingaStandIn } from '../support/monitors/icinga2.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * Ten thousand problems within a minute, with the rates that Slack allows: few messages, a card that soon tells the truth,
 * and one person who takes them. Time is a clock that the test moves.
 */

const PROBLEMS = 10_000
const SECONDS = 60
const SECOND = 1_000
/** Readings of all comments of a monitor while all of these are handed over to it: one for some hundred of them. */
const READINGS_MAX = PROBLEMS / 50
/** A storm of so many in a minute may take so much of what Slack allows. */
const MESSAGES_MAX = 70
const TRUTHFUL_WITHIN_MS = 5_000

let standIn: IcingaStandIn | null = null
afterEach(() => standIn?.close())

const bodyOf = (n: number) => ({
  cli: 1,
  type: 'Service',
  notificationtype: 'PROBLEM',
  hostname: `web${String(n % 200).padStart(3, '0')}`,
  servicedesc: `S${n}`,
  servicestate: n % 4 === 0 ? 'WARNING' : 'CRITICAL',
  output: `broken ${n}`,
})

const storm = (world: World): string =>
  textOf(world.messages().find(({ text }) => text.startsWith('STORM'))).replaceAll(/(\d)\s(\d)/g, '$1$2')
const messagesSent = (world: World): number =>
  world.playground.workspace.calls.filter(({ method }) => /^chat\.(postMessage|update)$/.test(method)).length

async function open(): Promise<{ world: World; monitor: IcingaStandIn }> {
  let clock = (): number => 0
  const monitor = await startIcingaStandIn(() => clock())
  standIn = monitor
  const yaml = JSON.stringify({ monitors: { icinga: { ...monitor.settings, pollSeconds: 3_600 } } })
  const world = await startWorld({ rates: 'slack', yaml })
  clock = world.clock.now
  return { world, monitor }
}

/** @returns how many acknowledgements stand how with the monitor, read from the file beside the running app */
function handedOver(world: World): Readonly<Record<string, number>> {
  const db = new Database(world.database, { readonly: true })
  const rows = db
    .prepare<[], { how: string; count: number }>(
      `SELECT acknowledgement ->> '$.handOver' AS how, count(*) AS count FROM problems
         WHERE acknowledgement IS NOT NULL GROUP BY 1`,
    )
    .all()
  db.close()
  return Object.fromEntries(rows.map(({ how, count }) => [how, count]))
}

async function flood(world: World, monitor: IcingaStandIn): Promise<void> {
  for (let second = 0; second < SECONDS; second++) {
    const [from, to] = [second, second + 1].map((at) => Math.round((at * PROBLEMS) / SECONDS))
    const bodies = Array.from({ length: (to ?? 0) - (from ?? 0) }, (_, n) => bodyOf(n + (from ?? 0)))
    for (const { hostname, servicedesc, servicestate, output } of bodies)
      monitor.set({ host: hostname, service: servicedesc, state: servicestate as 'WARNING', output })
    const { status } = await world.post(bodies, { path: '/notify/icinga' })
    expect(status).toBe(202)
    await world.advance(SECOND)
  }
}

it('shows ten thousand problems in few messages, and all of them soon', { timeout: 120_000 }, async () => {
  const { world, monitor } = await open()
  await flood(world, monitor)
  const began = world.clock.now()
  while (
    !storm(world).includes(`${PROBLEMS} problems open`) &&
    world.clock.now() - began <= TRUTHFUL_WITHIN_MS
  )
    await world.advance(100)
  const truthfulAfter = world.clock.now() - began
  const sent = messagesSent(world)
  console.info(`${PROBLEMS} problems in ${SECONDS} s: ${sent} messages, truthful after ${truthfulAfter} ms`)
  expect(storm(world)).toContain(`${PROBLEMS} problems open`)
  expect(storm(world)).toContain(`${(PROBLEMS * 3) / 4} CRITICAL`)
  expect(truthfulAfter).toBeLessThanOrEqual(TRUTHFUL_WITHIN_MS)
  expect(sent).toBeLessThanOrEqual(MESSAGES_MAX)
})

it('hands over all of a storm to its monitor, each once, and all are confirmed', {
  timeout: 120_000,
}, async () => {
  const { world, monitor } = await open()
  await flood(world, monitor)
  await world.advance(5 * SECOND)
  const card = world.messages().find(({ text }) => text.startsWith('STORM'))
  if (card === undefined) throw new Error('There is no storm.')
  // The first few had a card of their own before it was a storm.
  const all = Number(/(\d+) problems open/.exec(storm(world))?.[1])
  expect(all).toBeGreaterThan(PROBLEMS - 11)
  const { ann } = world.playground.people
  await world.as('ann').raw.click({ channel: card.channel, ts: card.ts }, { text: 'Acknowledge all…' })
  await world
    .as('ann')
    .raw.submit(world.playground.workspace.views(ann).at(-1)?.id ?? '', { comment: 'switch' })
  const before = messagesSent(world)
  const began = performance.now()
  const said: string[] = []
  const stop = world.playground.workspace.onChange(() => {
    const progress = /ann has \d+.*?(?=since)/.exec(storm(world))?.[0].trim()
    if (progress !== undefined && progress !== said.at(-1)) said.push(progress)
  })
  for (let turn = 0; turn < 60 && !storm(world).includes(`ann has ${all}.`); turn++)
    await world.advance(SECOND)
  stop()
  const tookMs = Math.round(performance.now() - began)
  const told = monitor.orders.filter(({ what }) => what === 'acknowledge')
  console.info(
    `${told.length} orders in ${tookMs} ms, ${messagesSent(world) - before} messages; shown: ${said.slice(0, 9).join(' | ')}`,
  )
  expect(storm(world)).toContain(`ann has ${all}.`)
  expect(handedOver(world)).toEqual({ confirmed: all })
  expect(told).toHaveLength(all)
  expect(new Set(told.map(({ service }) => service)).size).toBe(all)
  expect(told.every(({ comment }) => isOurs(comment))).toBe(true)
  expect(said.some((one) => one.includes('sending'))).toBe(true)
  expect(monitor.requests.filter((one) => one.endsWith('/comments')).length).toBeLessThan(READINGS_MAX)
})
