import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { startPlayground } from '../../../src/playground/server.ts'
import { portOf, type Started, startCommand, until } from '../command.ts'
import { startIcingaStandIn } from '../monitors/icinga2.ts'
import { startFlags } from '../start-flags.ts'
import { pause, startBadDay } from './bad-day.ts'
import { createChance } from './chance.ts'
import { channelsOf, configuration, environment, untakenOf } from './lane.ts'
import { lookThrough } from './ledger.ts'
import { startLoad } from './load.ts'
import { startPeople } from './people.ts'
import type { Vitals } from './vitals.ts'

/*
 * The real process under load for minutes, on real time and never killed: what grows, what stays behind?
 */

export type SoakOptions = { readonly minutes: number; readonly seed: number }

const EVERY_MS = 10_000
/** Memory may grow so much in the second half, MB a minute. */
const SLOPE_MAX = 3
/** What waits for Slack's rates at the end may take this long. */
const DRAIN_MS = 10 * 60_000

type Sample = Vitals & { readonly at: number }

/** @returns what is wrong; nothing when all is well */
export async function soak(
  { minutes, seed }: SoakOptions,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const chance = createChance(seed)
  const playground = await startPlayground()
  const standIn = await startIcingaStandIn()
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-soak-'))
  const file = join(folder, 'soak.db')
  writeFileSync(join(folder, 'ackbridge.yml'), JSON.stringify(configuration(playground, standIn.settings)))
  const server = startCommand(
    ['start'],
    { ...environment(playground, file), VITALS_MS: String(EVERY_MS) },
    folder,
    [
      process.execPath,
      ...startFlags(),
      '--import',
      resolve('test/support/crash/vitals.ts'),
      resolve('src/main.ts'),
    ],
  )
  const port = await portOf(server)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  playground.connect({ requestUrl: `http://127.0.0.1:${port}/slack/events` })
  const day = startBadDay(playground, standIn, chance.branch(), 0.1)
  const load = startLoad({
    port: () => port,
    standIn,
    chance: chance.branch(),
    onTaken: () => undefined,
    changes: 1,
    stormEvery: 30,
    stormSize: [30, 120],
    senders: 8,
    pauseMs: 40,
  })
  const people = startPeople({
    playground,
    watched: load.watched,
    isUp: () => true,
    untaken: (storm) => untakenOf(file, storm),
    chance: chance.branch(),
    acts: 1,
    pauseMs: 500,
  })
  say(`seed ${seed}, ${minutes} minutes`)
  const samples = await watch(minutes, server, file, load, people, say)
  await day.end()
  await people.end()
  await load.end()
  const drained = await drain(file, DRAIN_MS)
  say(`${Math.round(drained / 1000)} s until nothing waits`)
  server.child.kill('SIGTERM')
  const { code, stderr } = await server.ended
  const { told, watched } = load
  const { faults, counts } = lookThrough({
    file,
    playground,
    standIn,
    told,
    watched,
    claims: people.claims,
    channelsOf: (host) => channelsOf(playground, host),
  })
  const half = Math.floor(samples.length / 2)
  const slope = slopeOf(samples.slice(half))
  // Memory that was given back is taken again; what grows for ever gets above what it ever was.
  const most = (of: readonly Sample[]): number => Math.max(...of.map(({ rss }) => rss))
  const isGrowing = slope > SLOPE_MAX && most(samples.slice(half)) > most(samples.slice(0, half))
  const all = [
    ...faults,
    ...(code === 0 ? [] : [`the server ended with ${code}: ${stderr.slice(-1_000)}`]),
    ...(isGrowing ? [`memory grows by ${slope.toFixed(1)} MB a minute`] : []),
  ]
  say(
    `${JSON.stringify(counts)}, ${day.struck} faults of Slack, rss ${slope.toFixed(2)} MB a minute in the second half`,
  )
  for (const fault of all) say(` - ${fault}`)
  await playground.close()
  await standIn.close()
  if (all.length === 0) rmSync(folder, { recursive: true, force: true })
  else say(`kept: ${folder}`)
  return all
}

async function watch(
  minutes: number,
  server: Started,
  file: string,
  load: ReturnType<typeof startLoad>,
  people: ReturnType<typeof startPeople>,
  say: (line: string) => void,
): Promise<readonly Sample[]> {
  const db = new Database(file, { readonly: true })
  const depth = db.prepare('SELECT lane, count(*) AS n FROM effects GROUP BY lane')
  const rows = db.prepare('SELECT max(row) AS n FROM history')
  const samples: Sample[] = []
  const began = Date.now()
  let before = 0
  while (Date.now() - began < minutes * 60_000) {
    for (let second = 0; second < EVERY_MS / 2_000; second++) {
      load.nextLife()
      people.nextLife()
      await pause(2_000)
    }
    const line = server.output().match(/VITALS (\{.*\})(?![\s\S]*VITALS)/)?.[1]
    if (line === undefined) continue
    const vitals = JSON.parse(line) as Vitals
    const at = (Date.now() - began) / 1000
    samples.push({ ...vitals, at })
    const sent = [...load.told.codes.values()].reduce((sum, n) => sum + n, 0)
    say(
      `${at.toFixed(0)} s: rss ${mb(vitals.rss)} heap ${mb(vitals.heap)} MB, loop p99 ${vitals.p99.toFixed(1)} max ${vitals.max.toFixed(1)} ms, ` +
        `${((sent - before) / (EVERY_MS / 1000)).toFixed(0)}/s, codes ${JSON.stringify([...load.told.codes])}, ` +
        `history ${(rows.get() as { n: number }).n}, waiting ${JSON.stringify(depth.all())}, ${people.claims.length} claims`,
    )
    before = sent
  }
  db.close()
  return samples
}

/** @returns how long it took, ms */
async function drain(file: string, maxMs: number): Promise<number> {
  const db = new Database(file, { readonly: true })
  const left = db.prepare(
    `SELECT (SELECT count(*) FROM effects WHERE state <> 'parked') + (SELECT count(*) FROM bulks) AS n`,
  )
  const began = Date.now()
  let calm = 0
  while (calm < 8 && Date.now() - began < maxMs) {
    await pause(250)
    calm = (left.get() as { n: number }).n === 0 ? calm + 1 : 0
  }
  db.close()
  return Date.now() - began
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}

/** Least squares. @returns MB a minute */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, samples.length)
  const [x, y] = [mean(({ at }) => at), mean(({ rss }) => rss)]
  const up = samples.reduce((sum, { at, rss }) => sum + (at - x) * (rss - y), 0)
  const down = samples.reduce((sum, { at }) => sum + (at - x) ** 2, 0)
  return down === 0 ? 0 : ((up / down) * 60) / 1024 / 1024
}
