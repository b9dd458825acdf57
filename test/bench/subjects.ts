import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startFlags } from '../support/start-flags.ts'
import { alertmanagerSpec, createReceivedAlerts } from './alertmanager.ts'
import { type AnsweredRows, createAnsweredRows } from './answered-rows.ts'
import { type ServerProcess, type ServerSpec, startServer } from './server-process.ts'
import type { Dialect } from './traffic.ts'

/** What the servers are given. */
export type Site = {
  /** On the disk that is measured. */
  readonly folder: string
  readonly slackUrl: string
  readonly pinned: boolean
  /** What counts and delays flushes when it is preloaded; null where it cannot be made. */
  readonly flushLibrary: string | null
}

export const NOTIFY_KEY = 'bench-key-bench-key-bench-key-00'
export const CHANNEL = 'C0BENCH'

/** How the load comes. */
export type Shape = {
  readonly batch: number
  readonly keepAlive: boolean
  readonly connections: number
  readonly dialect?: Dialect
  readonly problems?: number
  readonly from?: number
}

/** A server and the load it gets: one row of the table. */
export type Subject = {
  readonly name: string
  readonly title: string
  readonly shape: Shape
  readonly process: ServerProcess
  /** Null where nothing is kept. */
  readonly rows: AnsweredRows | null
}

const ONE: Shape = { batch: 1, keepAlive: true, connections: 32 }
const HUNDRED: Shape = { ...ONE, batch: 100 }
const CLOSING: Shape = { ...ONE, keepAlive: false }
const ONE_ALERT: Shape = { ...ONE, dialect: 'alertmanager' }
const HUNDRED_ALERTS: Shape = { ...HUNDRED, dialect: 'alertmanager' }

/** Names in the order of a round. */
export const SUBJECTS = {
  bare: { title: 'bare node:http, JSON', shape: ONE, start: startBare },
  durable: { title: 'ackbridge', shape: ONE, start: startAckbridge },
  batch: { title: 'ackbridge, 100 in a request', shape: HUNDRED, start: startAckbridge },
  alertmanager: { title: 'Alertmanager, in memory', shape: ONE_ALERT, start: startAlertmanager },
  alertmanagerBatch: {
    title: 'Alertmanager, in memory, 100 in a request',
    shape: HUNDRED_ALERTS,
    start: startAlertmanager,
  },
  obvious: { title: 'the obvious app, no Slack', shape: ONE, start: startObvious },
  obviousSlack: { title: 'the obvious app, Slack of 0 ms', shape: ONE, start: startObviousWithSlack },
  bareClosing: { title: 'bare, a connection each', shape: CLOSING, start: startBare },
  durableClosing: { title: 'ackbridge, a connection each', shape: CLOSING, start: startAckbridge },
  durableSlow: { title: 'ackbridge, flushes 5 ms longer', shape: ONE, start: slowly(startAckbridge) },
  obviousSlow: { title: 'the obvious app, flushes 5 ms longer', shape: ONE, start: slowly(startObvious) },
  bareAgain: { title: 'bare once more (noise)', shape: ONE, start: startBare },
} as const satisfies Record<string, { title: string; shape: Shape; start: Start }>

export type SubjectName = keyof typeof SUBJECTS
export const SUBJECT_NAMES = Object.keys(SUBJECTS) as readonly SubjectName[]

type Started = Pick<Subject, 'process' | 'rows'>
type Environment = Readonly<Record<string, string>>
/** @returns null where it cannot be started */
type Start = (site: Site, name: string, more?: Environment) => Promise<Started | null>

/** Starts the server of one row, null where that is not possible. Each row has a process and a database of its own. */
export async function startSubject(name: SubjectName, site: Site): Promise<Subject | null> {
  const { title, shape, start } = SUBJECTS[name]
  const started = await start(site, name)
  return started === null ? null : { name, title, shape, ...started }
}

async function startBare(site: Site): Promise<Started> {
  return { process: await startServer(bareSpec(site)), rows: null }
}

export function bareSpec({ folder, pinned }: Site): ServerSpec {
  return { args: [pathOf('./bare-server.ts')], env: {}, folder, pinned }
}

async function startAckbridge(site: Site, name: string, more: Environment = {}): Promise<Started> {
  const { spec, database } = ackbridgeSpec(site, name, ENTRY.src, more)
  const process = await startServer(spec)
  return { process, rows: createAnsweredRows(database, `kind = 'notification'`) }
}

async function startAlertmanager({ folder, pinned }: Site, name: string): Promise<Started | null> {
  const spec = alertmanagerSpec(join(folder, name), pinned)
  if (spec === null) return null
  const process = await startServer(spec)
  return { process, rows: createReceivedAlerts(process.port) }
}

async function startObviousWithSlack(site: Site, name: string): Promise<Started> {
  return startObvious(site, name, { INLINE_SLACK: '1' })
}

async function startObvious(site: Site, name: string, more: Environment = {}): Promise<Started> {
  const database = join(site.folder, `${name}.db`)
  const env = { DATABASE_FILE: database, SLACK_API_URL: site.slackUrl, ...more }
  const spec = { args: [pathOf('./obvious-app.ts')], env, folder: site.folder, pinned: site.pinned }
  return { process: await startServer(spec), rows: createAnsweredRows(database, 'TRUE') }
}

/** As on a disk that takes 5 ms more for each flush; many do. */
function slowly(start: Start): Start {
  return (site, name) => {
    const more = slowFlushes(site)
    return more === null ? Promise.resolve(null) : start(site, name, more)
  }
}

/** @returns what a server is started with so that each of its flushes takes 5 ms more; null where that cannot be done */
export function slowFlushes({ flushLibrary }: Site): Environment | null {
  return flushLibrary === null ? null : { LD_PRELOAD: flushLibrary, BENCH_FLUSH_DELAY_US: '5000' }
}

/** Where the app's program is. */
export const ENTRY = { src: pathOf('../../src/main.ts'), dist: pathOf('../../dist/main.js') } as const

/** The app, as an operator starts it. @param name of its database and folder */
export function ackbridgeSpec(
  site: Site,
  name: string,
  entry: string,
  more: Readonly<Record<string, string>> = {},
): { readonly spec: ServerSpec; readonly database: string } {
  const folder = join(site.folder, name)
  mkdirSync(folder, { recursive: true })
  const database = join(folder, 'ackbridge.db')
  const env = {
    SLACK_BOT_TOKEN: 'xoxb-bench',
    SLACK_SIGNING_SECRET: 'bench',
    SLACK_CHANNEL: CHANNEL,
    SLACK_API_URL: site.slackUrl,
    ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
    DATABASE_URL: `file:${database}`,
    PORT: '0',
    ...more,
  }
  return { spec: { args: [...startFlags(), entry, 'start'], env, folder, pinned: site.pinned }, database }
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
