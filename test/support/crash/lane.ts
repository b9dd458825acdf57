import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { type Playground, startPlayground } from '../../../src/playground/server.ts'
import { type Started, startCommand, until } from '../command.ts'
import { startIcingaStandIn } from '../monitors/icinga2.ts'
import { NOTIFY_KEY } from '../notify-key.ts'
import { pause, startBadDay } from './bad-day.ts'
import { type Chance, createChance } from './chance.ts'
import { lookThrough, type Verdict } from './ledger.ts'
import { startLoad } from './load.ts'
import { startPeople } from './people.ts'

/*
 * One server with its own database, Slack and monitor, that is killed again and again while it is busy.
 */

const PRELOAD = resolve('test/support/crash/preload.ts')
const MAIN = resolve('src/main.ts')

export type LaneOptions = {
  readonly seed: number
  readonly kills: number
  /** How many times faster the server's time runs. */
  readonly speed: number
  /** The longest that the server lives, ms. */
  readonly lifeMs: number
  /** Compiled code is kept here, so that a start takes less. */
  readonly cache: string
  readonly say?: (sentence: string) => void
}

export type Outcome = Verdict & {
  readonly seed: number
  readonly kills: number
  /** How often it was killed how. */
  readonly ways: Readonly<Record<string, number>>
  readonly faultsOfSlack: number
}

/** Where and when the server is killed next. */
type Plan = {
  readonly way: string
  readonly env: Record<string, string>
  readonly after: number
  readonly nth: number
}

export async function killAgainAndAgain(options: LaneOptions): Promise<Outcome> {
  const { seed, kills, speed, lifeMs } = options
  const chance = createChance(seed)
  const epoch = Date.now()
  const now = (): number => Math.floor(epoch + (Date.now() - epoch) * speed)
  const playground = await startPlayground({ now })
  const standIn = await startIcingaStandIn(now)
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-crash-'))
  const file = join(folder, 'crash.db')
  writeFileSync(join(folder, 'ackbridge.yml'), JSON.stringify(configuration(playground, standIn.settings)))
  const ways: Record<string, number> = {}
  let server: Started | null = null
  let port: number | null = null
  let onTaken = (): void => undefined
  const day = startBadDay(playground, standIn, chance.branch(), 0.2)
  const load = startLoad({
    port: () => port,
    standIn,
    chance: chance.branch(),
    onTaken: () => onTaken(),
    // Slack takes one message a second, on the server's time.
    changes: speed > 2 ? 12 : 4,
    stormEvery: 10,
    stormSize: [11, 24],
    senders: 4,
    pauseMs: 15,
  })
  const people = startPeople({
    playground,
    watched: load.watched,
    isUp: () => port !== null,
    untaken: (storm) => untakenOf(file, storm),
    chance: chance.branch(),
    acts: 6,
    pauseMs: 90,
  })

  async function start(env: Record<string, string>): Promise<Started> {
    const started = startCommand(
      ['start'],
      {
        ...environment(playground, file),
        CRASH_SPEED: String(speed),
        CRASH_EPOCH: String(epoch),
        NODE_COMPILE_CACHE: options.cache,
        ...env,
      },
      folder,
      [process.execPath, '--import', PRELOAD, MAIN],
    )
    server = started
    let ended = false
    void started.ended.then(() => {
      ended = true
    })
    const listening = await until(() => portIn(started) ?? (ended ? -1 : null), 20_000)
    if (listening > 0) {
      playground.connect({ requestUrl: `http://127.0.0.1:${listening}/slack/events` })
      if (!ended) port = listening
    }
    return started
  }

  async function live(plan: Plan): Promise<void> {
    const started = await start(plan.env)
    load.nextLife()
    people.nextLife()
    const kill = (): void => void started.child.kill('SIGKILL')
    const stop = killOn(plan, { playground, standIn, kill, onTaken: (listener) => (onTaken = listener) })
    await Promise.race([pause(plan.after), started.ended])
    kill()
    port = null
    stop()
    const { signal, stderr } = await started.ended
    if (signal !== 'SIGKILL')
      throw new Error(`The server ended by itself (${signal}): ${stderr.slice(-2_000)}`)
    const wrong = /fault in ackbridge|unexpectedly|could not be settled|could not be acknowledged.*/.exec(
      started.output(),
    )
    if (wrong !== null) throw new Error(`The server says: ${started.output().slice(-3_000)}`)
  }

  try {
    for (let kill = 0; kill < kills; kill++) {
      const plan = planOf(chance, lifeMs)
      ways[plan.way] = (ways[plan.way] ?? 0) + 1
      await live(plan)
    }
    await day.end()
    await people.end()
    const last = await start({})
    await load.end()
    await quiet(file, Math.max(90_000, 600_000 / speed))
    last.child.kill('SIGTERM')
    await last.ended
    port = null
    const { told, watched } = load
    const { claims } = people
    const evidence = {
      file,
      playground,
      standIn,
      told,
      watched,
      claims,
      channelsOf: (host: string) => channelsOf(playground, host),
    }
    return { ...lookThrough(evidence), seed, kills, ways, faultsOfSlack: day.struck }
  } finally {
    ;(server as Started | null)?.child.kill('SIGKILL')
    port = null
    await day.end()
    await people.end()
    await playground.close()
    await standIn.close()
    if (options.say === undefined) rmSync(folder, { recursive: true, force: true })
    else options.say(folder)
  }
}

/** At random, or between two steps: around a commit, when Slack or the monitor was told, when a sender was answered. */
function planOf(chance: Chance, lifeMs: number): Plan {
  const after = lifeMs
  const early = (most: number): number => Math.ceil(most ** chance.number(1))
  const kind = chance.number(1)
  if (kind < 0.4) return { way: 'time', env: {}, after: chance.number(lifeMs), nth: 0 }
  if (kind < 0.5) return { way: 'before a commit', env: { CRASH_AT: `before ${early(300)}` }, after, nth: 0 }
  if (kind < 0.6) return { way: 'after a commit', env: { CRASH_AT: `after ${early(300)}` }, after, nth: 0 }
  if (kind < 0.85) return { way: 'Slack has it', env: {}, after, nth: early(14) }
  if (kind < 0.93) return { way: 'the monitor has it', env: {}, after, nth: early(3) }
  return { way: 'answered', env: {}, after, nth: early(60) }
}

type Surroundings = {
  readonly playground: Playground
  readonly standIn: { readonly orders: { length: number } | readonly unknown[] }
  readonly kill: () => void
  readonly onTaken: (listener: () => void) => void
}

/** @returns a function that ends the watch */
function killOn({ way, nth }: Plan, { playground, standIn, kill, onTaken }: Surroundings): () => void {
  let seen = 0
  const count = (): void => {
    if (++seen === nth) kill()
  }
  if (way === 'Slack has it') return playground.workspace.onChange(count)
  if (way === 'answered') {
    onTaken(count)
    return () => onTaken(() => undefined)
  }
  if (way !== 'the monitor has it') return () => undefined
  const orders = standIn.orders as unknown[]
  const push = orders.push.bind(orders)
  orders.push = (...added) => {
    count()
    return push(...added)
  }
  return () => {
    orders.push = push
  }
}

/** Waits until nothing is left to do. */
async function quiet(file: string, maxMs: number): Promise<void> {
  const db = new Database(file, { readonly: true })
  try {
    const left = db.prepare(
      `SELECT (SELECT count(*) FROM effects WHERE state <> 'parked') + (SELECT count(*) FROM bulks) AS n`,
    )
    let calm = 0
    await until(async () => {
      await pause(100)
      const { n } = left.get() as { n: number }
      calm = n === 0 ? calm + 1 : 0
      return calm > 8
    }, maxMs).catch(() => undefined)
  } finally {
    db.close()
  }
}

export function untakenOf(file: string, storm: string): readonly string[] {
  const db = new Database(file, { readonly: true })
  try {
    return db
      .prepare(
        `SELECT p.id FROM problems p JOIN cards k ON k.problem = p.row JOIN storms s ON s.row = k.storm
         WHERE s.id = ? AND p.closed IS NULL AND p.acknowledged_by IS NULL`,
      )
      .pluck()
      .all(storm) as string[]
  } finally {
    db.close()
  }
}

export function configuration({ channels }: Playground, settings: object): object {
  return {
    storm: { threshold: 10, windowSeconds: 20 },
    monitors: { icinga: { ...settings, pollSeconds: 20 } },
    routes: [
      { match: { host: 'st*' }, channels: [channels.database] },
      { match: { host: 'two*' }, channels: [channels.alerts, channels.random] },
      { match: { host: 'event*' }, channels: [channels.random] },
    ],
  }
}

export function channelsOf({ channels }: Playground, host: string): readonly string[] {
  if (host.startsWith('st')) return [channels.database]
  if (host.startsWith('two')) return [channels.alerts, channels.random]
  return host.startsWith('event') ? [channels.random] : [channels.alerts]
}

export function environment(playground: Playground, file: string): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: playground.botToken,
    SLACK_SIGNING_SECRET: playground.signingSecret,
    SLACK_API_URL: playground.apiUrl,
    SLACK_CHANNEL: playground.channels.alerts,
    ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
    DATABASE_URL: `file:${file}`,
    PORT: '0',
    LOG_LEVEL: 'info',
  }
}

function portIn(server: Started): number | null {
  return Number(/"port":(\d+)/.exec(server.output())?.[1] ?? Number.NaN) || null
}
