import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isOurs } from '../../src/core/marker.ts'
import { type Playground, startPlayground } from '../../src/playground/server.ts'
import { openStoreBeside } from '../../src/store/open.ts'
import { portOf, type Started, startCommand, until } from '../support/command.ts'
import { startIcingaStandIn } from '../support/monitors/icinga2.ts'
import { startNagiosStandIn } from '../support/monitors/nagios.ts'
import type { SlowStandIn } from '../support/monitors/stand-in.ts'
import { NOTIFY_KEY } from '../support/notify-key.ts'
import { textOf } from '../support/world.ts'

/*
 * The real process, killed at random instants between a click in Slack and the monitor, on real time. Afterwards every
 * acknowledgement that a person made is in the monitor, once, and the card says so.
 */

const KILLS = 10
const PROBLEMS = 25
/** Problems that begin in each of the first rounds: a start posts so many cards at once. */
const NEW_PER_ROUND = 5
/** Longer than from a click to the last look at the monitor, so that a kill may come anywhere between. */
const KILL_WITHIN_MS = 1_300
/** Long enough that kills come while the monitor has carried out an order that nobody here knows of yet. */
const ANSWER_AFTER_MS = 150

let playground: Playground
let folder: string
let server: Started | null = null
let monitors: Readonly<Record<string, SlowStandIn>>

beforeEach(async () => {
  playground = await startPlayground()
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-kill-'))
  monitors = { icinga: await startIcingaStandIn(), nagios: await startNagiosStandIn() }
  for (const monitor of Object.values(monitors)) monitor.answerOrdersAfter(ANSWER_AFTER_MS)
  const settings = Object.entries(monitors).map(([name, { settings }]) => [
    name,
    { ...settings, pollSeconds: 5 },
  ])
  const config = { storm: { threshold: 0 }, monitors: Object.fromEntries(settings) }
  writeFileSync(join(folder, 'ackbridge.yml'), JSON.stringify(config))
})

afterEach(async () => {
  server?.child.kill('SIGKILL')
  await server?.ended
  await playground.close()
  for (const monitor of Object.values(monitors)) await monitor.close()
  rmSync(folder, { recursive: true, force: true })
})

const databaseUrl = (): string => `file:${join(folder, 'kill.db')}`

async function start(): Promise<number> {
  server = startCommand(
    ['start'],
    {
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_SIGNING_SECRET: playground.signingSecret,
      SLACK_API_URL: playground.apiUrl,
      SLACK_CHANNEL: playground.channels.alerts,
      ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
      DATABASE_URL: databaseUrl(),
      PORT: '0',
      LOG_LEVEL: 'info',
    },
    folder,
  )
  const port = await portOf(server)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  playground.connect({ requestUrl: `http://127.0.0.1:${port}/slack/events` })
  return port
}

async function kill(): Promise<void> {
  server?.child.kill('SIGKILL')
  await server?.ended
}

async function breaks(port: number, name: string, host: string): Promise<void> {
  monitors[name]?.set({ host, service: null, state: 'DOWN', output: 'PING lost' })
  const body = {
    type: 'Host',
    notificationtype: 'PROBLEM',
    hostname: host,
    hoststate: 'DOWN',
    output: 'PING lost',
  }
  const { status } = await fetch(`http://127.0.0.1:${port}/notify/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${NOTIFY_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(status).toBe(202)
}

const cards = () => playground.workspace.messages(playground.channels.alerts)
const cardOf = (host: string) => cards().filter(({ text }) => text.includes(host))
const saysConfirmed = (host: string): boolean =>
  /ann has it since .*Confirmed by /.test(textOf(cardOf(host)[0]))

/** Clicks as a person does who clicks again when nothing came of it. @returns true when it was taken */
async function click(host: string): Promise<boolean> {
  const [card] = cardOf(host)
  if (card === undefined) throw new Error(`${host} has no card.`)
  if (textOf(card).includes('ann has it')) return true
  const at = { channel: playground.channels.alerts, ts: card.ts }
  const answer = await playground.as('ann').click(at, { text: 'Acknowledge' })
  return answer.status === 200
}

/** Clicks here and there until the process is killed. @returns when all of these clicks came to something or nothing */
async function clickUntilKilled(waiting: Set<string>, killAt: number): Promise<void> {
  const shown = [...waiting].filter((host) => cardOf(host).length > 0)
  const some = shown.sort(() => Math.random() - 0.5).slice(0, Math.ceil((2 * PROBLEMS) / KILLS))
  await Promise.all(
    some.map(async (host) => {
      await new Promise((done) => setTimeout(done, Math.random() * Math.max(0, killAt - 20)))
      if (await click(host).catch(() => false)) waiting.delete(host)
    }),
  )
}

it('hands a comment over once when it is killed before the monitor answers', async () => {
  const { icinga } = monitors
  const host = 'icinga-00x'
  const port = await start()
  await breaks(port, 'icinga', host)
  await until(() => cardOf(host).length === 1 && click(host))
  await until(() => saysConfirmed(host))
  icinga?.answerOrdersAfter(5_000)
  await playground.as('ann').command(`/ack ${host} disk ordered`)
  const comments = (): number => icinga?.orders.filter(({ what }) => what === 'comment').length ?? 0
  await until(() => comments() === 1)
  expect(icinga?.unanswered).toBe(1)
  await kill()
  icinga?.answerOrdersAfter(0)
  await start()

  const outcomes = () => {
    const store = openStoreBeside(databaseUrl())
    const { rows } = store.queries.history({ kinds: ['comment'] }, 10)
    store.close()
    return rows.map(({ outcome }) => outcome).toSorted()
  }
  await until(() => outcomes().length === 2, 30_000)
  expect(outcomes()).toEqual(['requested', 'sent'])
  expect(comments()).toBe(1)
})

it('hands every acknowledgement over exactly once when it is killed', { timeout: 60_000 }, async () => {
  const names = Object.keys(monitors)
  const all = Array.from({ length: PROBLEMS }, (_, n) => {
    const name = names[n % names.length] as string
    return { name, host: `${name}-${String(n).padStart(2, '0')}x` }
  })
  const waiting = new Set(all.map(({ host }) => host))
  const isOpen = ({ host }: { host: string }): boolean => !waiting.has(host) && !saysConfirmed(host)
  let openAtKills = 0
  let unansweredAtKills = 0
  for (let round = 0; round < KILLS; round++) {
    const port = await start()
    const begun = all.slice(round * NEW_PER_ROUND, (round + 1) * NEW_PER_ROUND)
    for (const { name, host } of begun) await breaks(port, name, host)
    if (round === 0) await until(() => begun.every(({ host }) => cardOf(host).length === 1))
    const killAt = Math.random() * KILL_WITHIN_MS
    const clicking = clickUntilKilled(waiting, killAt)
    await new Promise((done) => setTimeout(done, killAt))
    openAtKills += all.filter(isOpen).length
    unansweredAtKills += Object.values(monitors).reduce((sum, { unanswered }) => sum + unanswered, 0)
    await kill()
    await clicking
  }
  const clickedBeforeTheEnd = all.length - waiting.size
  await start()
  for (const host of waiting) await until(() => cardOf(host).length > 0 && click(host))
  await until(() => all.every(({ host }) => saysConfirmed(host)), 30_000)
  await kill()

  const store = openStoreBeside(databaseUrl())
  const { rows } = store.queries.history({ kinds: ['acknowledgement'] }, 1_000)
  store.close()
  const orders = Object.values(monitors).flatMap((monitor) => monitor.orders)
  console.info(
    `${KILLS} kills, ${clickedBeforeTheEnd} of ${all.length} clicks taken before the last, ${openAtKills} times one was ` +
      `under way at a kill, ${unansweredAtKills} times with the monitor’s answer; ${orders.length} orders, ${all.filter(({ host }) => saysConfirmed(host)).length} cards confirmed`,
  )
  for (const { name, host } of all) {
    const told = orders.filter((order) => order.host === host).map(({ what }) => what)
    expect([host, told]).toEqual([host, ['acknowledge']])
    const there = monitors[name]?.acknowledged(host, null)
    expect(there?.author).toBe('ann')
    expect(isOurs(there?.comment ?? null)).toBe(true)
    const outcomes = rows.filter((row) => row.host === host).map(({ outcome }) => outcome)
    expect([host, outcomes.toSorted()]).toEqual([host, ['confirmed', 'requested']])
    expect(cardOf(host)).toHaveLength(1)
  }
  expect(clickedBeforeTheEnd).toBeGreaterThan(PROBLEMS / 2)
})
