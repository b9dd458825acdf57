import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureClicks } from './clicks.ts'
import { type FakeSlack, startFakeSlack } from './fake-slack.ts'
import type { Results } from './figures.ts'
import { measureFirstCard } from './first-card.ts'
import { compileFlushLibrary, countFlushes } from './flushes.ts'
import { type LoadProcess, startLoad } from './load-process.ts'
import { describeMachine, pinToLoadCore } from './machine.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { summary, writeIntoDocument } from './report.ts'
import { runRounds } from './rounds.ts'
import { measureScale } from './scale.ts'
import { stopAllServers } from './server-process.ts'
import { measureStartUp } from './start-up.ts'
import { type Site, SUBJECT_NAMES, type Subject, type SubjectName, startSubject } from './subjects.ts'

// Beside the sources, not in the system's temporary folder: that one often lies in memory.
const RESULTS = fileURLToPath(new URL('./results/', import.meta.url))

const options = readOptions(process.argv.slice(2), process.env)
if (options === 'help') {
  console.log(USAGE)
} else {
  process.once('exit', stopAllServers)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  await bench(options)
}

async function bench(asked: Options): Promise<void> {
  mkdirSync(RESULTS, { recursive: true })
  const folder = mkdtempSync(join(RESULTS, 'run-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const slack = await startFakeSlack()
  const load = startLoad()
  try {
    const pinned = pinToLoadCore()
    const site: Site = { folder, slackUrl: slack.url, pinned, flushLibrary: compileFlushLibrary(folder) }
    if (asked.only !== null) return await onlyStep(asked.only, site, load, slack, asked)
    const results: Results = {
      date: new Date().toISOString(),
      machine: describeMachine(folder, pinned),
      rounds: asked.rounds,
      seconds: asked.seconds,
      startUp: await step('start-up', () => measureStartUp(site)),
      firstCard: await step('first card', () => measureFirstCard(site, slack)),
      flushes: await step('flushes', () => countFlushes(site, load, asked.seconds)),
      rows: await step('rounds', () => measureRows(site, load, asked)),
      scale: await step('scale', () => measureScale(site, load, asked)),
      clicks: await step('clicks', () => measureClicks(site, asked)),
    }
    const text = summary(results)
    console.log(text)
    writeFileSync(join(RESULTS, 'last.json'), `${JSON.stringify(results, null, 2)}\n`)
    if (asked.write) writeIntoDocument(text)
  } finally {
    load.stop()
    await slack.close()
  }
}

async function onlyStep(
  name: string,
  site: Site,
  load: LoadProcess,
  slack: FakeSlack,
  asked: Options,
): Promise<void> {
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    'start-up': () => measureStartUp(site),
    'first card': () => measureFirstCard(site, slack),
    flushes: () => countFlushes(site, load, asked.seconds),
    rounds: () => measureRows(site, load, asked),
    scale: () => measureScale(site, load, asked),
    clicks: () => measureClicks(site, asked),
  }
  const run = steps[name]
  if (run === undefined) throw new Error(`There is no step ${name}. ${USAGE}`)
  console.log(JSON.stringify(await step(name, run), null, 2))
}

async function measureRows(
  site: Site,
  load: LoadProcess,
  { rounds, seconds }: Options,
): Promise<Results['rows']> {
  const subjects = new Map<SubjectName, Subject>()
  try {
    for (const name of SUBJECT_NAMES) {
      const subject = await startSubject(name, site)
      if (subject !== null) subjects.set(name, subject)
    }
    const measured = await runRounds(subjects, load, { rounds, seconds }, (round) =>
      console.error(`  round ${round} of ${rounds}`),
    )
    return Object.fromEntries(measured)
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.process.stop()))
  }
}

async function step<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  console.error(`bench: ${name}`)
  return run()
}
