import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { until } from '../support/command.ts'
import { type Labels, type RealAlertmanager, startRealAlertmanager } from '../support/real/alertmanager.ts'
import { ServerProcess, SOON_MS } from '../support/real/server-process.ts'
import { textOf } from '../support/world.ts'

/*
 * Debian's Alertmanager with its own receiver for Slack, as the README of the kind has it, which does not know that it is not
 * Slack it posts to.
 */

let server: ServerProcess
let key: string
const running: RealAlertmanager[] = []

beforeAll(async () => {
  server = await ServerProcess.prepare()
  server.configure({ hooks: { kind: 'slack-webhook' } })
  key = await server.addKey('hooks')
})

afterAll(async () => {
  await Promise.allSettled([server?.stop(), ...running.map((am) => am.close())])
  await server?.close()
})

async function startAlertmanager(slack: 'api_url' | 'api_url_file'): Promise<RealAlertmanager> {
  const am = await startRealAlertmanager({ ackbridge: server.url, key, slack })
  running.push(am)
  return am
}

const labelsOf = (name: string, instance: string): Labels => ({
  alertname: name,
  instance,
  job: 'node',
  severity: 'critical',
})

const cards = (name: string): readonly Message[] =>
  server.messages().filter((message) => textOf(message).includes(`/ ${name} `))

async function shows(am: RealAlertmanager, name: string, words: string): Promise<string> {
  const text = (): string => textOf(cards(name).at(-1) ?? { text: 'There is no card.' })
  try {
    return await until(() => text().includes(words) && text(), SOON_MS)
  } catch {
    const theirs = am.log().split('\n').slice(-10).join('\n')
    throw new Error(`the card of ${name} does not say ${words} but:\n${text()}\n${server.tail()}\n${theirs}`)
  }
}

describe('a real Alertmanager that believes in Slack', { timeout: 240_000 }, () => {
  let am: RealAlertmanager

  it('makes a card of its group, which a second alert folds into', async () => {
    am = await startAlertmanager('api_url')
    server.configure({ hooks: am.settings })
    await server.start()

    await am.fire(labelsOf('DiskFull', 'web1:9100'), { summary: 'Disk of <!channel> web1 is full & slow' })
    const first = await shows(am, 'DiskFull', 'Disk of [channel] web1 is full & slow')
    expect(first).toContain('CRITICAL Alertmanager / DiskFull')
    expect(first).toContain('[FIRING:1] DiskFull (web1:9100 node critical)')
    expect(JSON.stringify(cards('DiskFull'))).toContain('/#/alerts?receiver=ackbridge-slack')

    await am.fire(labelsOf('DiskFull', 'web2:9100'), { summary: 'Disk of web2 is full' })
    await shows(am, 'DiskFull', '[FIRING:2] DiskFull (node critical)')
    expect(textOf(cards('DiskFull')[0])).toContain('web1 is full & slow (2 firing)')
    expect(cards('DiskFull')).toHaveLength(1)
  })

  it('is acknowledged by a click, and says itself that it is over', async () => {
    await server.click('ann', 'Acknowledge', cards('DiskFull')[0])
    expect(await shows(am, 'DiskFull', 'ann has it since')).toContain('Kept here only: hooks is not told.')

    await am.resolve(labelsOf('DiskFull', 'web1:9100'))
    await am.resolve(labelsOf('DiskFull', 'web2:9100'))
    await shows(am, 'DiskFull', 'Recovered')
    expect(cards('DiskFull')).toHaveLength(1)

    await am.fire(labelsOf('DiskFull', 'web1:9100'), { summary: 'Disk of web1 is full again' })
    await until(() => cards('DiskFull').length === 2, SOON_MS)
  })

  it('takes what it is answered for success, and reads the address from a file too', async () => {
    expect(am.log()).not.toMatch(/level=(error|warn)/)
    const other = await startAlertmanager('api_url_file')
    await other.fire(labelsOf('Memory', 'web1:9100'), { summary: 'No memory left' })
    await shows(other, 'Memory', 'No memory left')
    expect(other.log()).not.toMatch(/level=(error|warn)/)
  })

  it('tries again what could not be taken', async () => {
    await server.stop()
    await am.fire(labelsOf('Later', 'web1:9100'), { summary: 'told while nobody listened' })
    await until(() => am.log().includes('Notify attempt failed') && true, SOON_MS)
    await server.start()
    await shows(am, 'Later', 'told while nobody listened')
    expect(cards('Later')).toHaveLength(1)
  })

  it('and all that was well', async () => {
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toEqual([])
    expect(server.output()).not.toContain(key)
    expect(server.playground.workspace.calls.filter(({ ok }) => !ok)).toEqual([])
    expect(server.playground.workspace.alarms).toEqual([])
  })
})
