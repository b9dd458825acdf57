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

async function takeStorm(world: World): Promise<void> {
  const card = world.messages().find(({ text }) => text.startsWith('STORM'))
  if (card === undefined) throw new Error('There is no storm.')
  const { ann } = world.playground.people
  const { raw } = world.as('ann')
  await raw.click({ channel: card.channel, ts: card.ts }, { text: 'Acknowledge all…' })
  await raw.submit(world.playground.workspace.views(ann).at(-1)?.id ?? '', {})
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

it('tells the monitor of one click before the rest of a storm that somebody took', {
  timeout: 120_000,
}, async () => {
  const { world, monitor } = await storm()
  const own = world.messages().find(({ text }) => text.includes('db01'))
  if (own === undefined) throw new Error('There is no card beside the storm.')
  monitor.answerOrdersAfter(ORDER_MS)
  await takeStorm(world)
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

it('tells the monitor of each once, also when ackbridge is stopped and started in the middle of it', {
  timeout: 120_000,
}, async () => {
  const { world, monitor } = await storm()
  monitor.answerOrdersAfter(ORDER_MS)
  await takeStorm(world)
  for (const told of [100, 300, 500]) {
    await until(() => monitor.orders.length > told)
    const began = performance.now()
    await world.stop()
    // What is on its way ends; nothing more of what was claimed with it is begun.
    expect(monitor.orders.length).toBeLessThan(told + 100)
    expect(performance.now() - began).toBeLessThan(5_000)
    const starting = world.start()
    await until(() => monitor.orders.length > told + 101)
    void starting
  }
  monitor.answerOrdersAfter(0)
  await world.advance(40_000)

  expect(monitor.orders.length).toBeGreaterThan(PROBLEMS - 11)
  expect(new Set(monitor.orders.map(({ service }) => service)).size).toBe(monitor.orders.length)
})
