import { afterEach, expect } from 'vitest'
import type { Playground } from '../../src/playground/server.ts'
import { startCheckmk } from './monitors/checkmk.ts'
import { startIcingaStandIn } from './monitors/icinga2.ts'
import { startNagiosStandIn } from './monitors/nagios.ts'
import { startOpenitcockpit } from './monitors/openitcockpit.ts'
import type { StandIn, StandInAcknowledgement } from './monitors/stand-in.ts'
import { type SlowWire, startSlowWire } from './slow-wire.ts'
import { startWorld, textOf, type World } from './world.ts'

/*
 * The circle from Slack to a monitor and back: the whole app, and a stand-in for the monitor `dc1` on the same clock, which
 * watches one service. What is different between kinds of monitors stands in their rows.
 */

export const NOW = Date.now()

export type Kind = {
  readonly kind: string
  /** @param now the monitor's clock, epoch ms */
  readonly start: (now: () => number) => Promise<StandIn>
  readonly host: string
  readonly service: string
  /** The author stands in the comment there. */
  readonly authorInComment?: boolean
  /** Another acknowledgement is no second one but refused, or dropped. */
  readonly comments: boolean
}

const NAMED = { host: 'web01', service: 'HTTP', comments: true }

export const NAGIOS: Kind = { ...NAMED, kind: 'nagios', start: (now) => startNagiosStandIn({ now }) }
export const ICINGA: Kind = { ...NAMED, kind: 'icinga2', start: startIcingaStandIn }
export const OPENITCOCKPIT: Kind = {
  kind: 'openitcockpit',
  start: startOpenitcockpit,
  host: '6f1f2c3e-0d54-4c0a-9a53-0b5d5c1a7e01',
  service: 'c2a7d9d4-4a30-4e3b-8b8f-94b3a5e4f102',
  comments: false,
}
export const CHECKMK: Kind = {
  ...NAMED,
  kind: 'checkmk',
  start: (now) => startCheckmk({ now }),
  authorInComment: true,
}

export const KINDS: readonly Kind[] = [NAGIOS, ICINGA, OPENITCOCKPIT, CHECKMK]

export type CircleOptions = {
  /** Settings of the monitor, instead of those that its stand-in has. */
  readonly settings?: object
  /** What else stands in ackbridge.yml. */
  readonly config?: (playground: Playground) => object
  readonly env?: Readonly<Record<string, string>>
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export class Circle {
  readonly world: World
  readonly monitor: StandIn
  readonly kind: Kind

  constructor(world: World, monitor: StandIn, kind: Kind) {
    this.world = world
    this.monitor = monitor
    this.kind = kind
  }

  /** The monitor finds the service critical and tells us. */
  async breaks(state: 'CRITICAL' | 'WARNING' = 'CRITICAL', host: string = this.kind.host): Promise<void> {
    const { service } = this.kind
    const hostDisplayName = host === this.kind.host ? 'web01' : host
    this.monitor.set({ host, service: null, state: 'UP', hostDisplayName })
    this.monitor.set({
      host,
      service,
      state,
      output: 'Connection refused',
      hostDisplayName,
      serviceDisplayName: 'HTTP',
    })
    await this.tells('PROBLEM', state, { hostname: host, hostdisplayname: hostDisplayName })
  }

  async recovers(): Promise<void> {
    const { host, service } = this.kind
    this.monitor.set({ host, service, state: 'OK' })
    await this.tells('RECOVERY', 'OK')
  }

  async tells(type: string, state: string, more: object = {}): Promise<void> {
    const { host, service } = this.kind
    const { status } = await this.world.notify(
      {
        type: 'Service',
        notificationtype: type,
        hostname: host,
        hostdisplayname: 'web01',
        hostaddress: '10.0.0.1',
        hoststate: 'UP',
        servicedesc: service,
        servicedisplayname: 'HTTP',
        servicestate: state,
        output: 'Connection refused',
        ...more,
      },
      { path: '/notify/dc1' },
    )
    expect(status).toBe(202)
  }

  /** The text of the first card. */
  card(): string {
    return textOf(this.world.messages()[0])
  }

  cards(): readonly string[] {
    return this.world.messages().map(textOf)
  }

  /** Presses a button of the first card without waiting for what follows. */
  async press(person: string, button: string): Promise<void> {
    const { playground } = this.world
    const [card] = this.world.messages()
    await this.world
      .as(person)
      .raw.click({ channel: playground.channels.alerts, ts: card?.ts ?? '' }, { text: button })
  }

  /** Asks for what somebody has, and takes it over. */
  async takesOver(person: string, comment: string): Promise<void> {
    const { world } = this
    await world.as(person).types(`/ack web01 HTTP ${comment}`)
    const id = (world.playground.people as Record<string, string>)[person] ?? person
    const held = world.playground.workspace.ephemerals(id).at(-1)
    expect(textOf(held)).toContain('has web01')
    await world.as(person).clickPrivate('Take over', held?.ts ?? '')
  }

  /** Somebody acknowledges the service in the monitor. */
  takenThere(by: StandInAcknowledgement): void {
    this.monitor.acknowledge(this.kind.host, this.kind.service, by)
  }

  /** What the monitor shows as acknowledgement of the service. */
  get there() {
    return this.monitor.acknowledged(this.kind.host, this.kind.service)
  }

  get inDowntime(): boolean {
    return this.monitor.inDowntime(this.kind.host, this.kind.service)
  }

  orders(): readonly string[] {
    return this.monitor.orders.map(({ what }) => what)
  }

  async outcomes(kind: string): Promise<readonly string[]> {
    return (await this.world.record()).filter((row) => row.kind === kind).map(({ outcome }) => outcome)
  }
}

/** Starts the app and a monitor whose one service is well. */
export async function startCircle(kind: Kind, options: CircleOptions = {}): Promise<Circle> {
  let world: World | null = null
  const monitor = await kind.start(() => world?.clock.now() ?? NOW)
  closers.push(() => monitor.close())
  world = await startCircleWith(monitor, kind, options)
  return new Circle(world, monitor, kind)
}

/** Starts the app and a Nagios that can be slow to hear and to answer. */
export async function startSlowNagios(): Promise<{ readonly circle: Circle; readonly wire: SlowWire }> {
  let world: World | null = null
  const monitor = await NAGIOS.start(() => world?.clock.now() ?? NOW)
  closers.push(() => monitor.close())
  const wire = await startSlowWire(Number(String(monitor.settings['livestatus']).split(':').at(-1)))
  closers.push(() => wire.close())
  world = await startCircleWith(monitor, NAGIOS, { settings: { livestatus: `tcp:127.0.0.1:${wire.port}` } })
  return { circle: new Circle(world, monitor, NAGIOS), wire }
}

async function startCircleWith(
  monitor: StandIn,
  { host, service }: Kind,
  { settings = {}, config = () => ({}), env = {} }: CircleOptions,
): Promise<World> {
  monitor.set({ host, service: null, state: 'UP', hostDisplayName: 'web01' })
  monitor.set({ host, service, state: 'OK', hostDisplayName: 'web01', serviceDisplayName: 'HTTP' })
  const monitors = { dc1: { ...monitor.settings, ...settings } }
  return startWorld({
    yaml: (playground) => JSON.stringify({ ...config(playground), monitors }),
    env,
    now: NOW,
  })
}
