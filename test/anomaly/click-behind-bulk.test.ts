import { afterEach, expect, it } from 'vitest'
import { type IcingaStandIn, startIcingaStandIn } from '../support/monitors/icinga2.ts'
import { startWorld, type World } from '../support/world.ts'

/*
 * One person takes a whole storm of a monitor that needs its time for each order; another takes one problem meanwhile, and
 * does not wait for thousands. The stand-in's time is real, the app's is not.
 */

const PROBLEMS = 1_000
/** Of the monitor, for one order. */
const ORDER_MS = 20
/** Orders of the storm that may reach the monitor between a click and its own order. */
const BEFORE_CLICK_MAX = 40

let standIn: IcingaStandIn | null = null
afterEach(() => standIn?.close())

const bodyOf = (n: number) => ({
  cli: 1,
  type: 'Service',
  notificationtype: 'PROBLEM',
  hostname: n === 0 ? 'db01' : `web${String(n % 50).padStart(3, '0')}`,
  servicedesc: `S${n}`,
  servicestate: n === 0 ? 'WARNING' : 'CRITICAL',
  output: `broken ${n}`,
})

async function storm(): Promise<{ world: World; monitor: IcingaStandIn }> {
  let clock = (): number => 0
  const monitor = await startIcingaStandIn(() => clock())
  standIn = monitor
  const yaml = JSON.stringify({ monitors: { icinga: { ...monitor.settings, pollSeconds: 3_600 } } })
  const world = await startWorld({ rates: 'slack', yaml })
  clock = world.clock.now
  const bodies = Array.from({ length: PROBLEMS }, (_, n) => bodyOf(n))
  for (const { hostname, servicedesc, servicestate, output } of bodies)
    monitor.set({ host: hostname, service: servicedesc, state: servicestate as 'WARNING', output })
  const [first, ...others] = bodies
  await world.notify(first ?? '', { path: '/notify/icinga' })
  await world.notify(others, { path: '/notify/icinga' })
  await world.advance(10_000)
  return { world, monitor }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

it('tells the monitor of one click before the rest of a storm that somebody took', {
  timeout: 120_000,
}, async () => {
  const { world, monitor } = await storm()
  const { ann } = world.playground.people
  const own = world.messages().find(({ text }) => text.includes('db01'))
  const card = world.messages().find(({ text }) => text.startsWith('STORM'))
  if (card === undefined || own === undefined) throw new Error('There is no storm, or no card beside it.')
  monitor.answerOrdersAfter(ORDER_MS)
  await world.as('ann').raw.click({ channel: card.channel, ts: card.ts }, { text: 'Acknowledge all…' })
  await world.as('ann').raw.submit(world.playground.workspace.views(ann).at(-1)?.id ?? '', {})
  await until(() => monitor.orders.length > 300)

  const before = monitor.orders.length
  const began = performance.now()
  await world.as('ben').raw.click({ channel: own.channel, ts: own.ts }, { text: 'Acknowledge' })
  const isBens = () => monitor.orders.findIndex(({ service }) => service === 'S0')
  await until(() => isBens() >= 0)
  const between = isBens() - before
  console.info(`${between} orders between, ${Math.round(performance.now() - began)} ms`)
  monitor.answerOrdersAfter(0)
  await world.advance(5_000)

  expect(new Set(monitor.orders.map(({ service }) => service)).size).toBe(monitor.orders.length)
  expect(monitor.orders.length).toBeGreaterThan(PROBLEMS - 11)
  expect(between).toBeLessThan(BEFORE_CLICK_MAX)
})
