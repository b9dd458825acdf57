import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Playground } from '../../src/playground/server.ts'
import { miscounted } from '../support/storm-counts.ts'
import { textOf, World } from '../support/world.ts'

/*
 * Random days: hosts and services fall ill and recover, people take things, channels and messages go away, Slack and the
 * server stumble. Whatever happened, each open problem ends up on one card of each channel that is for it.
 */

const SECOND = 1_000
const YAML = ({ channels }: Playground) => `storm: { threshold: 3, windowSeconds: 10 }
routes:
  - { match: { host: "db*" }, channels: [${channels.database}] }
  - { match: { host: "db*", state: [CRITICAL, DOWN] }, channels: [${channels.random}] }
  - { match: { host: "web*" }, channels: [${channels.alerts}] }
  - { match: { host: "web*", state: [CRITICAL, DOWN] }, channels: [${channels.database}] }
  - { match: { host: "mix*" }, channels: [${channels.random}] }
  - { match: { host: "mix*", state: [CRITICAL, DOWN] }, channels: [${channels.alerts}] }
`

const HOSTS = ['db1', 'web1', 'app1', 'mix1']
const host = fc.constantFrom(...HOSTS)
const service = fc.integer({ min: 0, max: 7 })

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('tell' as const),
      host,
      service,
      state: fc.constantFrom('WARNING', 'CRITICAL', 'UNKNOWN', 'OK'),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('host' as const),
      host,
      state: fc.constantFrom('DOWN', 'UP', 'UNREACHABLE'),
      episode: fc.constantFrom(null, 'e1', 'e2'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      hosts: fc.subarray(HOSTS, { minLength: 1 }),
      state: fc.constantFrom('WARNING', 'CRITICAL', 'OK'),
      count: fc.integer({ min: 2, max: 8 }),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(300, 1_000, 3_000, 11_000, 31_000, 62_000, 125_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('news' as const),
      host,
      service,
      type: fc.constantFrom(
        'ACKNOWLEDGEMENT',
        'DOWNTIMESTART',
        'DOWNTIMEEND',
        'FLAPPINGSTART',
        'FLAPPINGSTOP',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), host, service }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take all' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), nth: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('archive' as const),
      off: fc.boolean(),
      channel: fc.constantFrom('database', 'random'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      method: fc.constantFrom('chat.postMessage', 'chat.update'),
      kind: fc.constantFrom('lost', 'reset', '429', '500'),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

let count = 0
const everArchived = new Set<string>()
/** Deleted by a person, which is seen when the card changes next. */
const gone = new Set<string>()

async function take(world: World, one: Step): Promise<void> {
  const { playground } = world
  switch (one.do) {
    case 'tell': {
      const body = { host: one.host, service: `S${one.service}`, state: one.state, output: `o${count++}` }
      const { status } = await (one.wait ? world.notify(body) : world.post(body))
      expect(status).toBe(202)
      return
    }
    case 'host': {
      const body = {
        host: one.host,
        state: one.state,
        output: `h${count++}`,
        ...(one.episode === null ? {} : { episode: one.episode }),
      }
      expect((await world.notify(body)).status).toBe(202)
      return
    }
    case 'burst': {
      const body = one.hosts.flatMap((name) =>
        Array.from({ length: one.count }, (_, n) => ({
          host: name,
          service: `S${n}`,
          state: one.state,
          output: `b${count++}`,
        })),
      )
      const { status } = await (one.wait ? world.notify(body) : world.post(body))
      expect(status).toBe(202)
      return
    }
    case 'news': {
      const body = {
        type: one.type,
        host: one.host,
        service: `S${one.service}`,
        state: 'CRITICAL',
        author: 'x',
        comment: `c${count++}`,
      }
      expect((await world.notify(body)).status).toBe(202)
      return
    }
    case 'wait':
      return world.advance(one.ms)
    case 'take':
      await world.as('ann').types(`/ack ${one.host} S${one.service}`)
      return
    case 'take all': {
      const card = world.messages().find(({ text }) => /^STORM .*open, nobody/.test(text))
      if (card === undefined) return
      await world.as('ann').click('Acknowledge all…', card)
      const view = playground.workspace.views(playground.people.ann).at(-1)
      if (view === undefined) throw new Error('a click got no answer')
      if (JSON.stringify(view).includes('submit')) await world.as('ann').submit(view.id, {})
      return
    }
    case 'restart':
      return world.restart()
    case 'delete': {
      const all = [
        playground.channels.alerts,
        playground.channels.database,
        playground.channels.random,
      ].flatMap((channel) => world.messages(channel).map(({ ts }) => ({ channel, ts })))
      const picked = all[one.nth]
      if (picked === undefined) return
      gone.add(picked.ts)
      playground.deleteMessage(picked.channel, picked.ts)
      return
    }
    case 'archive':
      if (one.off) playground.unarchive(playground.channels[one.channel as 'random'])
      else {
        everArchived.add(playground.channels[one.channel as 'random'])
        playground.archive(playground.channels[one.channel as 'random'])
      }
      return
    case 'fault':
      playground.faults.next(
        one.method,
        one.kind === 'lost' || one.kind === 'reset'
          ? { kind: one.kind }
          : { kind: 'status', status: Number(one.kind), retryAfterSeconds: 5 },
      )
  }
}

type Shown = { channel: string; ts: string; id: string }
type Row = {
  problem: number
  name: string
  state: string
  kind: string
  k: number
  channel: string
  ts: string | null
  i_row: number | null
  storm: number | null
  s_channel: string
  s_ts: string | null
  s_ended: number | null
  folded: number | null
  h_row: number | null
  h_channel: string
  h_ts: string | null
  h_storm: number | null
}

function look(world: World): string[] {
  const db = new Database(world.database, { readonly: true })
  const faults: string[] = [...miscounted(world.database)]
  const rows = db
    .prepare(`
    SELECT p.row AS problem, c.host || coalesce(' / ' || c.service, '') AS name, p.state AS state, k.row AS k, k.channel AS channel, k.ts AS ts,
      k.instead AS i_row, k.storm AS storm, s.channel AS s_channel, s.ts AS s_ts, s.ended AS s_ended, k.folded AS folded,
      h.row AS h_row, h.channel AS h_channel, h.ts AS h_ts, h.storm AS h_storm
    FROM problems p JOIN checks c ON c.row = p.check_row JOIN cards k ON k.problem = p.row
      LEFT JOIN storms s ON s.row = k.storm
      LEFT JOIN cards f ON f.row = k.folded LEFT JOIN cards h ON h.row = coalesce(f.instead, f.row)
    WHERE p.closed IS NULL`)
    .all() as Row[]
  const archived = (channel: string) => world.playground.workspace.channels.get(channel)?.isArchived === true
  const message = (channel: string, ts: string | null) =>
    ts === null || gone.has(ts) ? undefined : world.messages(channel).find((one) => one.ts === ts)
  const inStorm = new Map<number, Set<number>>()
  const onHost = new Map<number, Set<number>>()
  const liveTs = new Set<string>()
  const byProblem = new Map<number, Row[]>()
  for (const row of rows) byProblem.set(row.problem, [...(byProblem.get(row.problem) ?? []), row])
  for (const [problem, all] of byProblem) {
    const places: Shown[] = []
    for (const row of all) {
      if (row.i_row !== null) {
        if (row.storm !== null || row.folded !== null)
          faults.push(`${row.name}: retired, and shown elsewhere`)
        if (!all.some(({ k }) => k === row.i_row))
          faults.push(`${row.name}: retired for a card that is not there`)
        continue
      }
      if (row.storm !== null && row.folded !== null) faults.push(`${row.name}: in a storm and folded`)
      if (row.storm !== null) {
        inStorm.set(row.storm, (inStorm.get(row.storm) ?? new Set()).add(problem))
        if (row.s_ended !== null) faults.push(`${row.name}: open in a storm that ended`)
        places.push({ channel: row.s_channel, ts: row.s_ts ?? 'none', id: `storm ${row.storm}` })
      } else if (row.folded !== null) {
        if (row.h_row === null) faults.push(`${row.name}: folded on nothing`)
        else onHost.set(row.h_row, (onHost.get(row.h_row) ?? new Set()).add(problem))
        if (row.h_storm !== null) faults.push(`${row.name}: folded on the card of a host that a storm shows`)
        places.push({ channel: row.h_channel, ts: row.h_ts ?? 'none', id: `host ${row.h_row}` })
      } else {
        places.push({ channel: row.channel, ts: row.ts ?? 'none', id: `own ${row.k}` })
        const card = message(row.channel, row.ts)
        liveTs.add(`${row.channel} ${row.ts}`)
        if (card !== undefined && !archived(row.channel) && !card.text.startsWith(`${row.state} ${row.name}`))
          faults.push(`${row.name}: is ${row.state} and its card says ${card.text}`)
      }
    }
    const name = all[0]?.name ?? ''
    for (const place of places)
      if (!archived(place.channel) && !gone.has(place.ts) && message(place.channel, place.ts) === undefined)
        faults.push(`${name}: not visible (${place.id} in ${place.channel}, ${place.ts})`)
    const channels = places.map(({ channel }) => channel)
    if (new Set(channels).size !== channels.length)
      faults.push(
        `${name}: on several cards: ${places.map(({ id, channel }) => `${id} in ${channel}`).join(', ')}`,
      )
    if (!channels.some((channel) => !archived(channel))) faults.push(`${name}: on no card that people see`)
  }
  for (const { row, channel, ts, ended } of db.prepare('SELECT * FROM storms').all() as {
    row: number
    channel: string
    ts: string | null
    ended: number | null
  }[]) {
    if (archived(channel)) continue
    const card = message(channel, ts)
    const open = inStorm.get(row)?.size ?? 0
    if (open > 0 && card !== undefined && !card.text.includes(`${open} problem${open === 1 ? '' : 's'} open`))
      faults.push(`storm ${row} has ${open} and says ${card.text}`)
    if (open === 0 && card !== undefined && !card.text.includes('STORM OVER') && ended === null)
      faults.push(`storm ${row} has none and says ${card.text}`)
  }
  for (const [row, all] of onHost) {
    const { channel, ts } = db.prepare('SELECT channel, ts FROM cards WHERE row = ?').get(row) as {
      channel: string
      ts: string
    }
    const card = message(channel, ts)
    if (
      card !== undefined &&
      !archived(channel) &&
      !textOf(card).includes(`${all.size} service${all.size === 1 ? '' : 's'} of it`)
    )
      faults.push(`the card of a host shows ${all.size} and says ${textOf(card)}`)
  }
  for (const channel of Object.values(world.playground.channels)) {
    if (archived(channel) || everArchived.has(channel)) continue
    for (const { text, ts } of world.messages(channel))
      if (/^(WARNING|CRITICAL|UNKNOWN|DOWN|UNREACHABLE) /.test(text) && !liveTs.has(`${channel} ${ts}`))
        faults.push(`left in ${channel}: ${text}`)
  }
  const bulks = db.prepare('SELECT count(*) FROM bulk_problems').pluck().get()
  if (bulks !== 0) faults.push(`${bulks} problems are still to be taken`)
  const stuck = db
    .prepare(`SELECT kind, lane, state, due, error, attempts FROM effects WHERE state <> 'parked'`)
    .all() as { lane: string; kind: string }[]
  for (const one of stuck) if (!archived(one.lane)) faults.push(`still waits: ${JSON.stringify(one)}`)
  db.close()
  return faults
}

describe('a random day', () => {
  it('ends with each open problem on one card of each channel', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
        const world = new World({ yaml: YAML })
        await world.open()
        gone.clear()
        everArchived.clear()
        world.expectRefusal(
          'is_archived',
          'message_not_found',
          'thread_not_found',
          'fault: lost',
          'fault: reset',
          'fault: status',
        )
        const errors: string[] = []
        try {
          for (const one of steps) await take(world, one)
          world.playground.faults.clear()
          // That a channel takes nothing is seen when something open is to be said there.
          await world.notify({ host: 'db9', state: 'DOWN', output: 'last' })
          await world.notify({ host: 'mix9', state: 'DOWN', output: 'last' })
          await world.advance(60 * SECOND)
          await world.advance(60 * SECOND)
          expect(look(world)).toEqual([])
          for (const { level, sentence } of world.log.lines)
            if (level === 'error' && !/Slack takes no message/.test(sentence)) errors.push(sentence)
          expect(errors).toEqual([])
        } finally {
          await world.stop()
          await world.playground.close()
          rmSync(world.folder, { recursive: true, force: true })
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 30), seed: Number(process.env['SEED'] ?? 7) },
    )
  })
})
