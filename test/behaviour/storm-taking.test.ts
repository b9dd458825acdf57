import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { commonFields } from '../../src/playground/interactions/envelope-fields.ts'
import type { Message } from '../../src/playground/server.ts'
import { signRequest } from '../../src/playground/signing.ts'
import { viewForApp } from '../../src/playground/views.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * Somebody takes all of a storm: they get what they asked for and nothing else, once, and hear what they could not get.
 */

const SECOND = 1_000
const SMALL = 'storm: { threshold: 3, windowSeconds: 10 }'
const BENS = `${SMALL}\npermissions: [{ match: { host: "db*" }, acknowledge: [U0PGBEN0002] }]`

const services = (count: number, over: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ host: 'web01', service: `S${n}`, state: 'CRITICAL', ...over }))
const fine = (all: readonly object[]) => all.map((one) => ({ ...one, state: 'OK' }))

const storm = (world: World): Message =>
  world.messages().filter(({ text }) => text.startsWith('STORM'))[0] as Message
const formOf = (world: World, who: string) =>
  world.playground.workspace.views(world.playground.people[who as 'ann']).at(-1)

async function openForm(world: World, who: string): Promise<string> {
  await world.as(who).click('Acknowledge all…', storm(world))
  return formOf(world, who)?.id ?? ''
}
const bulks = (world: World): number => {
  const db = new Database(world.database, { readonly: true })
  const { count } = db.prepare('SELECT count(*) AS count FROM bulk_problems').get() as { count: number }
  db.close()
  return count
}

describe('who takes a storm', () => {
  it('hears nothing more when they have all of it', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(20))
    await world.as('ann').submit(await openForm(world, 'ann'), {})
    await world.advance(10 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 20.')
    expect(world.told('ann')).toEqual([])
    expect(bulks(world)).toBe(0)
  })

  it('is told privately what they may not take, and who may', async () => {
    const world = await startWorld({ yaml: BENS })
    await world.notify([...services(12), ...services(8, { host: 'db01' })])
    await world.as('ann').submit(await openForm(world, 'ann'), {})
    await world.advance(10 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 12.')
    expect(world.told('ann')).toEqual([
      'You have *12 of 20*. Nobody has *8*: db01 / S0, db01 / S1, db01 / S2 and 5 more. Only <@U0PGBEN0002> may take them.',
    ])
    expect(world.told('ben')).toEqual([])
  })

  it('is told no name of what they may not see', async () => {
    const world = await startWorld({
      yaml: BENS.replace('acknowledge:', 'view: [U0PGBEN0002], acknowledge:'),
    })
    await world.notify([...services(12), ...services(8, { host: 'db01' })])
    await world.as('ann').submit(await openForm(world, 'ann'), {})
    await world.advance(10 * SECOND)

    expect(world.told('ann')).toEqual([
      'You have *12 of 20*. Nobody has *8*. Only <@U0PGBEN0002> may take them.',
    ])
  })

  it('is told once, also when ackbridge is started again before they are', async () => {
    const world = await startWorld({ yaml: BENS })
    await world.notify([...services(300), ...services(8, { host: 'db01' })])
    await world.as('ann').raw.submit(await openForm(world, 'ann'), {})
    await world.restart()
    await world.restart()
    await world.advance(10 * SECOND)

    expect(world.told('ann')).toEqual([expect.stringContaining('You have *300 of 308*.')])
  })

  it('is told who was quicker', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(900))
    const [anns, bens] = [await openForm(world, 'ann'), await openForm(world, 'ben')]
    await world.as('ann').raw.submit(anns, {})
    await world.as('ben').raw.submit(bens, {})
    await world.drain()
    await world.advance(10 * SECOND)

    const told = [...world.told('ann'), ...world.told('ben')].join('\n')
    expect(told).toMatch(/(ann|ben) has \*\d+\*: web01 \/ S\d+/)
    expect(textOf(storm(world))).toContain('each of them taken')
  })

  it('begins once, however often the button of the form is pressed', async () => {
    const world = await startWorld({ yaml: BENS })
    await world.notify([...services(12), ...services(8, { host: 'db01' })])
    const form = await openForm(world, 'ann')
    const { raw } = world.as('ann')
    await Promise.all([raw.submit(form, {}), raw.submit(form, {}), raw.submit(form, {})])
    await world.advance(10 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 12.')
    expect(world.told('ann')).toHaveLength(1)
  })

  it('gets nothing more when Slack sends the form again, also after a restart', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(20))
    const form = await openForm(world, 'ann')
    const again = repeatOf(world, 'ann')
    await world.as('ann').submit(form, {})
    await world.restart()
    await world.notify(services(5, { host: 'later' }))
    const answer = await again()
    await world.advance(10 * SECOND)

    expect(answer).toContain('You are taking them already')
    expect(textOf(storm(world))).toContain('ann has 20.')
    expect(textOf(storm(world))).toContain('nobody has 5')
  })

  it('hears when the form was about more than is left', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(20))
    const form = await openForm(world, 'ann')
    await world.notify(fine(services(5)))
    await world.as('ann').submit(form, {})

    expect(textOf(formOf(world, 'ann'))).toContain('You are taking *15*, of 20: the others are taken, over')
  })
})

/** @returns what sends the open form as Slack does when it sends it a second time */
function repeatOf(world: World, who: 'ann'): () => Promise<string> {
  const { workspace, people, signingSecret } = world.playground
  const view = formOf(world, who)
  if (view === undefined) throw new Error('No form is open.')
  const payload = {
    type: 'view_submission',
    ...commonFields(workspace, people[who]),
    trigger_id: '1.2.again',
    view: viewForApp(workspace, view),
    response_urls: [],
  }
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
  return async () => {
    const seconds = Math.floor(world.clock.now() / SECOND)
    const answer = await fetch(`${world.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(seconds),
        'x-slack-signature': signRequest(signingSecret, seconds, body),
      },
      body,
    })
    return answer.text()
  }
}

describe('a storm that becomes one with another while somebody takes it', () => {
  it('brings them what they asked for, and nothing of the other', async () => {
    const world = await startWorld({
      yaml: `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGDATAB02] }]`,
    })
    await world.notify([...services(6, { host: 'db01' }), ...services(7)])
    await world.advance(5 * SECOND)
    world.expectRefusal('is_archived')
    world.log.announce(/Slack takes no message for the channel/)
    world.playground.archive(world.playground.channels.database)
    takeSlowly(world, world.playground.channels.database)
    await world.notify({ host: 'db01', service: 'S9', state: 'CRITICAL' })
    await world.advance(20 * SECOND)
    expect(textOf(storm(world))).toContain('14 problems open')
    await world.restart()
    await world.advance(10 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 6.')
    expect(textOf(storm(world))).toContain('nobody has 8')
  })
})

/** As if ackbridge had ended right after somebody took the storm of a channel. */
function takeSlowly(world: World, channel: string): void {
  const db = new Database(world.database)
  const person = { id: world.playground.people.ann, name: 'ann', zone: null, standing: 'member' }
  const command = { person, groups: [], storm: '', monitor: null, host: null, comment: null, until: null }
  db.prepare(
    `INSERT INTO bulks (id, storm, after, command, created) SELECT 'x', row, 0, ?, 0 FROM storms WHERE channel = ?`,
  ).run(JSON.stringify(command), channel)
  db.prepare(
    'INSERT INTO bulk_problems SELECT b.row, k.problem FROM bulks b JOIN cards k ON k.storm = b.storm',
  ).run()
  db.close()
}
