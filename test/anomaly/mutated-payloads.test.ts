import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KINDS } from '../../src/monitors/registry.ts'
import { type Json, NOTIFY_KEY, startWorld, type World } from '../support/world.ts'

/*
 * Bodies that every kind understands, changed at random until nobody knows what they mean: none of them gives a 500, is
 * stored by halves, mentions or links anybody in Slack, or leaves a secret in the log.
 */

const PLANTED = 'hunter2-planted'
const EVIL = 'evil.example'
const POSTS = 200

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  [],
  {},
  [[[]]],
  { toString: 1 },
  `<!channel> <@U0PGBEN0002> <https://${EVIL}/|click> *b* _i_ \`c\``,
  `http://user:${PLANTED}@${EVIL}:99999/?token=${PLANTED}`,
  `${PLANTED}\u0000\u001b[31m\ud800\u2028${'x'.repeat(3_000)}`,
  '__proto__',
  '2026-99-99T99:99:99Z',
  Number.MAX_SAFE_INTEGER,
]

type Change = {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'double' | 'rename'
  readonly by: number
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(200),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'double', 'rename'),
  by: fc.nat(HOSTILE.length - 1),
})

/** Every place in a value: the object that holds it, and its name there. */
function placesOf(value: Json, found: [Json, string][] = []): [Json, string][] {
  if (typeof value !== 'object' || value === null) return found
  for (const name of Object.keys(value)) {
    found.push([value, name])
    placesOf(value[name], found)
  }
  return found
}

function mutate(body: Json, changes: readonly Change[]): Json {
  const root = { root: structuredClone(body) }
  for (const { at, how, by } of changes) {
    const places = placesOf(root)
    const [holder, name] = places[at % places.length] ?? [root, 'root']
    if (how === 'remove') delete holder[name]
    else if (how === 'double') holder[name] = [holder[name], holder[name]]
    else if (how === 'rename') holder[`${name}${JSON.stringify(HOSTILE[by])}`.slice(0, 100)] = holder[name]
    else holder[name] = structuredClone(HOSTILE[by])
  }
  return root.root
}

const shape = fc.record({
  body: fc.nat(100),
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  /** What is cut off at the end, and the byte that is spoilt, in thousandths; mostly nothing. */
  cut: fc.oneof({ weight: 8, arbitrary: fc.constant(1000) }, fc.nat(1000)),
  spoil: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, fc.nat(999)),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    '',
  ),
})

async function send(
  world: World,
  kind: string,
  bodies: readonly Json[],
  one: typeof shape extends fc.Arbitrary<infer T> ? T : never,
) {
  const body = mutate(bodies[one.body % bodies.length], one.changes)
  const bytes = Buffer.from(JSON.stringify(body) ?? '')
  const end = Math.floor((bytes.length * one.cut) / 1000)
  if (one.spoil !== null && bytes.length > 0) bytes[Math.floor((bytes.length * one.spoil) / 1000)] = 0xff
  return fetch(`${world.url}/notify/${kind}/${NOTIFY_KEY}`, {
    method: 'POST',
    headers: { 'content-type': one.type },
    body: bytes.subarray(0, end),
  })
}

describe.each([...KINDS.keys()])('a body for %s that was changed at random', (kind) => {
  const { bodies } = JSON.parse(readFileSync(`src/monitors/${kind}/fixtures/bodies.json`, 'utf8')) as {
    bodies: { body: Json }[]
  }

  it('is taken or refused, whole, and harmless', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    let taken = 0
    await fc.assert(
      fc.asyncProperty(shape, async (one) => {
        const answer = await send(
          world,
          kind,
          bodies.map(({ body }) => body),
          one,
        )
        expect([200, 202, 400, 413, 415]).toContain(answer.status)
        const said = (await answer.json()) as Json
        if (answer.status >= 400) return
        expect(said.problems).toHaveLength(said.accepted)
        taken += said.accepted
      }),
      { numRuns: POSTS, endOnFailure: true },
    )
    await world.advance(10 * 60_000)

    // Each notification that was answered is one line of the record, and there is no other but for the end of an episode.
    const lines = await world.record({ kinds: ['notification'] })
    expect(lines.filter(({ detail }) => !/^Episode .* ended: /.test(detail ?? ''))).toHaveLength(taken)
    expect((await world.get('/readyz')).status).toBe(200)
    for (const { mentions, links } of world.messages()) {
      expect(mentions).toEqual([])
      // What links in a message for Slack is where its card leads to.
      if (kind !== 'slack-webhook') expect(JSON.stringify(links)).not.toContain(`https://${EVIL}`)
      expect(JSON.stringify(links)).not.toContain(PLANTED)
    }
    const logged = world.log.text()
    expect(logged).not.toContain(PLANTED)
    expect(logged).not.toContain(NOTIFY_KEY)
  })
})
