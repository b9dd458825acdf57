import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledge, NO_WAY } from './acknowledge.ts'
import { DUPLICATE_WINDOW_MS, receive, SEEN_WINDOW_MS } from './lifecycle.ts'
import { NOTIFICATION_TYPES, type Notification, senderIdentity } from './notification.ts'
import type { CheckState, Problem } from './problem.ts'
import { REMINDER_EVERY_MS } from './remind.ts'
import { isFine, type State } from './state.ts'
import type { Received } from './turn.ts'

const START = Date.parse('2026-11-21T20:00:00Z')
const MINUTE = 60_000

const PROBLEM: Notification = {
  monitor: 'dc1',
  key: 'web01/HTTP',
  type: 'PROBLEM',
  host: 'web01',
  service: 'HTTP',
  state: 'CRITICAL',
  episode: null,
  hostDisplayName: null,
  serviceDisplayName: null,
  address: null,
  output: 'Connection refused',
  longOutput: null,
  author: null,
  comment: null,
  time: null,
  url: null,
  id: null,
  labels: null,
  fields: null,
  channel: null,
}

/** One check, and all that was heard of it. Time moves only by `after`. */
class Watched {
  now = START
  state: CheckState | null = null
  readonly problems = new Map<string, Problem>()
  readonly #seen = new Map<string, number>()
  #ids = 0

  hear(given: Partial<Notification> = {}): Received {
    const notification = { ...PROBLEM, ...given }
    const identity = senderIdentity(notification)
    const seenAt = identity === null ? null : (this.#seen.get(identity) ?? null)
    const received = receive(this.state, seenAt, notification, {
      now: this.now,
      newId: () => `problem-${++this.#ids}`,
      route: (_check, state, asked) => [{ channel: asked ?? `C-${state}`, mention: [], quiet: false }],
    })
    if (identity !== null && (seenAt === null || this.now - seenAt >= SEEN_WINDOW_MS))
      this.#seen.set(identity, this.now)
    this.state = received.state
    for (const { problem } of received.changes.problems) this.problems.set(problem.id, problem)
    return received
  }

  after(ms: number): this {
    this.now += ms
    return this
  }

  /** Ann takes the open problem. */
  take(given: { sticky?: boolean } = {}): void {
    const { check, problem } = this.state as CheckState & { problem: Problem }
    const request = {
      by: { id: 'U1', name: 'ann' },
      through: 'button',
      comment: null,
      until: null,
      sticky: true,
      persistent: false,
      notify: false,
      takeOver: false,
      id: '01938f2e-0000-7000-8000-0000000000aa',
      way: NO_WAY,
      ...given,
    } as const
    const { changes } = acknowledge({ problem, check, tally: check.tally }, request, this.now)
    const taken = changes.problems[0]?.problem ?? problem
    this.problems.set(taken.id, taken)
    this.state = { check, problem: taken.closed === null ? taken : null }
  }

  get open(): Problem | null {
    return this.state?.problem ?? null
  }
}

const ok: Partial<Notification> = { type: 'RECOVERY', state: 'OK', output: 'HTTP OK' }
const lines = ({ changes }: Received) =>
  changes.effects.flatMap((effect) => (effect.kind === 'thread' ? [effect.event] : []))
const rings = ({ changes }: Received) =>
  changes.effects.some((effect) => effect.kind === 'thread' && effect.rings)
const cards = ({ changes }: Received) => changes.effects.filter(({ kind }) => kind === 'card')

describe('a problem', () => {
  it('opens with the first bad state, gets a card where it is routed, and is recorded', () => {
    const watched = new Watched()

    const received = watched.hear()

    expect(received.outcome).toBe('opened')
    expect(watched.open).toMatchObject({ id: 'problem-1', state: 'CRITICAL', opened: START, closed: null })
    expect(received.state.check.tally).toMatchObject({ count: 1, output: 'Connection refused', rang: START })
    expect(received.changes.cards).toEqual([
      { problem: 'problem-1', destinations: [{ channel: 'C-CRITICAL', mention: [], quiet: false }] },
    ])
    expect(received.changes.history).toMatchObject([
      { kind: 'notification', outcome: 'opened', problem: 'problem-1' },
    ])
    expect(lines(received)).toEqual([])
  })

  it('goes where its sender asks', () => {
    expect(new Watched().hear({ channel: 'C-asked' }).changes.cards[0]?.destinations).toMatchObject([
      { channel: 'C-asked' },
    ])
  })

  it('puts output that the card cuts into its thread, once', () => {
    const watched = new Watched()

    const received = watched.hear({ output: 'first', longOutput: 'second\nthird\nfourth' })

    expect(lines(received)).toEqual([{ what: 'output', at: START, output: 'first\nsecond\nthird\nfourth' }])
  })

  it('only counts when the same state is said again', () => {
    const watched = new Watched()
    watched.hear()

    const received = watched.after(5 * MINUTE).hear({ output: 'still refused', longOutput: 'more' })

    expect(received.outcome).toBe('repeated')
    expect(received.state.check.tally).toMatchObject({
      count: 2,
      output: 'still refused',
      longOutput: 'more',
    })
    expect(received.changes.problems).toEqual([])
    expect(lines(received)).toEqual([])
    expect(cards(received)).toHaveLength(1)
  })

  it.each<[State, State, boolean]>([
    ['WARNING', 'CRITICAL', true],
    ['WARNING', 'UNKNOWN', true],
    ['UNKNOWN', 'CRITICAL', true],
    ['CRITICAL', 'WARNING', false],
    ['CRITICAL', 'UNKNOWN', false],
    ['UNREACHABLE', 'DOWN', true],
    ['DOWN', 'UNREACHABLE', false],
  ])('that changes from %s to %s rings: %s', (from, to, expected) => {
    const watched = new Watched()
    watched.hear({ state: from })

    const received = watched.after(MINUTE).hear({ state: to })

    expect(received.outcome).toBe('changed')
    expect(watched.open).toMatchObject({ id: 'problem-1', state: to, changed: START + MINUTE })
    expect(lines(received)).toMatchObject([{ what: 'changed', from, to }])
    expect(rings(received)).toBe(expected)
    expect(received.changes.cards[0]?.destinations).toMatchObject([{ channel: `C-${to}` }])
  })

  it('that gets worse in a downtime rings nobody', () => {
    const watched = new Watched()
    watched.hear({ state: 'WARNING' })
    watched.hear({ type: 'DOWNTIMESTART', state: 'WARNING' })

    expect(rings(watched.after(MINUTE).hear({ state: 'CRITICAL' }))).toBe(false)
  })

  it('ends with its recovery and keeps how long it lasted', () => {
    const watched = new Watched()
    watched.hear()

    const received = watched.after(12 * MINUTE).hear(ok)

    expect(received.outcome).toBe('closed')
    expect(watched.open).toBeNull()
    expect(watched.problems.get('problem-1')).toMatchObject({
      closed: START + 12 * MINUTE,
      closedBecause: 'recovery',
    })
    expect(lines(received)).toMatchObject([{ what: 'closed', because: 'recovery', lastedMs: 12 * MINUTE }])
    expect(received.state.check.tally.output).toBe('HTTP OK')
  })

  it('is a new one after each recovery', () => {
    const watched = new Watched()
    watched.hear()
    watched.after(MINUTE).hear(ok)
    watched.after(MINUTE).hear()

    expect(watched.open).toMatchObject({ id: 'problem-2', acknowledgement: null, opened: START + 2 * MINUTE })
    expect(watched.state?.check.tally.count).toBe(1)
  })

  it.each<[string, Partial<Notification>, string]>([
    ['a PROBLEM whose state is OK is a recovery', { type: 'PROBLEM', state: 'OK' }, 'closed'],
    ['a RECOVERY whose state is CRITICAL is a problem', { type: 'RECOVERY', state: 'CRITICAL' }, 'repeated'],
    ['a RECOVERY to WARNING is a change', { type: 'RECOVERY', state: 'WARNING' }, 'changed'],
  ])('believes the state more than the word: %s', (_case, given, outcome) => {
    const watched = new Watched()
    watched.hear()

    expect(watched.after(5 * MINUTE).hear(given).outcome).toBe(outcome)
  })

  it('keeps what an earlier notification said of the check and a later one does not', () => {
    const watched = new Watched()
    watched.hear({ hostDisplayName: 'Web 1', address: '10.0.0.1', url: 'http://m/1', labels: { a: 'b' } })

    watched.after(5 * MINUTE).hear({ address: '10.0.0.2' })

    expect(watched.state?.check).toMatchObject({
      hostDisplayName: 'Web 1',
      address: '10.0.0.2',
      url: 'http://m/1',
      labels: { a: 'b' },
    })
  })
})

describe('a recovery for nothing', () => {
  it('is recorded and opens nothing, also of a check nobody heard of', () => {
    const watched = new Watched()

    const received = watched.hear(ok)

    expect(received.outcome).toBe('recorded')
    expect(watched.open).toBeNull()
    expect(received.changes.effects).toEqual([])
    expect(received.changes.history).toMatchObject([{ outcome: 'recorded', problem: null }])
  })
})

describe('an acknowledgement of ours', () => {
  it('that is not sticky ends when the state changes, and the thread and the record say so', () => {
    const watched = new Watched()
    watched.hear({ state: 'WARNING' })
    watched.take({ sticky: false })

    const received = watched.after(MINUTE).hear({ state: 'CRITICAL' })

    expect(watched.open?.acknowledgement).toBeNull()
    expect(lines(received)).toMatchObject([
      { what: 'changed' },
      { what: 'acknowledgement-removed', by: null, because: 'state-change' },
    ])
    expect(received.changes.history).toMatchObject([
      { outcome: 'changed' },
      { kind: 'removal', problem: 'problem-1' },
    ])
  })

  it('that is not sticky stays while the state only repeats', () => {
    const watched = new Watched()
    watched.hear()
    watched.take({ sticky: false })

    watched.after(5 * MINUTE).hear()

    expect(watched.open?.acknowledgement?.by.name).toBe('ann')
  })

  it('that is sticky lasts to the recovery, which remembers who had it', () => {
    const watched = new Watched()
    watched.hear({ state: 'WARNING' })
    watched.after(MINUTE).take()
    watched.after(MINUTE).hear({ state: 'CRITICAL' })
    watched.after(MINUTE).hear({ state: 'WARNING' })
    expect(watched.open?.acknowledgement?.by.name).toBe('ann')

    watched.after(MINUTE).hear(ok)

    expect(watched.problems.get('problem-1')).toMatchObject({
      firstTaken: { by: 'ann', at: START + MINUTE },
      acknowledgement: { by: { name: 'ann' } },
    })
  })
})

describe('order', () => {
  it.each<[string, Partial<Notification>[], string, string | null]>([
    [
      'an older PROBLEM opens nothing after its recovery',
      [{}, { ...ok, time: START + 10_000 }, { time: START - 1 }],
      'stale',
      null,
    ],
    ['an older PROBLEM opens nothing though none was ever open', [ok, { time: START - 1 }], 'stale', null],
    [
      'an older PROBLEM does not change the state',
      [{ state: 'WARNING' }, { time: START - 1 }],
      'stale',
      'WARNING',
    ],
    ['an older RECOVERY closes nothing', [{}, { ...ok, time: START - 1 }], 'stale', 'CRITICAL'],
    [
      'of equal times the later arrival wins: recovery',
      [{ time: START }, { ...ok, time: START }],
      'closed',
      null,
    ],
    [
      'of equal times the later arrival wins: problem',
      [{ ...ok, time: START }, { time: START }],
      'opened',
      'CRITICAL',
    ],
    ['a time later than the arrival counts as the arrival', [{ time: START + MINUTE }, ok], 'closed', null],
    ['without times, what arrives later is later', [{}, ok, {}], 'opened', 'CRITICAL'],
  ])('%s', (_case, heard, outcome, state) => {
    const watched = new Watched()

    const received = heard.map((given) => watched.hear(given)).at(-1)

    expect(received?.outcome).toBe(outcome)
    expect(watched.open?.state ?? null).toBe(state)
  })

  it('records what is stale with the open problem, and shows it nowhere', () => {
    const watched = new Watched()
    watched.hear()

    const { changes } = watched.hear({ ...ok, time: START - 1 })

    expect(changes.history).toMatchObject([{ outcome: 'stale', problem: 'problem-1', time: START - 1 }])
    expect(changes.effects).toEqual([])
  })

  it('does not let a recovery of between two equal problems close the second, though that one was a duplicate', () => {
    const watched = new Watched()
    watched.hear({ time: START - 40_000 })
    expect(watched.hear({ time: START }).outcome).toBe('duplicate')

    expect(watched.hear({ ...ok, time: START - 20_000 }).outcome).toBe('stale')
    expect(watched.open).not.toBeNull()
  })

  it('does not give an acknowledgement of an earlier problem to the one that is open', () => {
    const watched = new Watched()
    watched.hear()

    expect(watched.hear({ type: 'ACKNOWLEDGEMENT', author: 'cid', time: START - MINUTE }).outcome).toBe(
      'stale',
    )
    expect(watched.open?.acknowledgement).toBeNull()
  })
})

describe('a duplicate', () => {
  it.each<[string, Partial<Notification>, number, string]>([
    ['the same within a minute', {}, DUPLICATE_WINDOW_MS, 'duplicate'],
    ['the same after more than a minute', {}, DUPLICATE_WINDOW_MS + 1, 'repeated'],
    ['another output', { output: 'No route to host' }, 1_000, 'repeated'],
    ['another author', { author: 'cid' }, 1_000, 'repeated'],
    ['another comment', { comment: 'on it' }, 1_000, 'repeated'],
    ['another state', { state: 'WARNING' }, 1_000, 'changed'],
    ['another type', { type: 'CUSTOM' }, 1_000, 'recorded'],
    ['an id that only the second one has', { id: '7' }, 1_000, 'repeated'],
  ])('without an id: %s', (_case, given, ms, outcome) => {
    const watched = new Watched()
    watched.hear()

    expect(watched.after(ms).hear(given).outcome).toBe(outcome)
  })

  it('is told by the times of its sender, not by those of its arrival', () => {
    const watched = new Watched().after(10 * MINUTE)
    watched.hear({ time: START })

    expect(watched.after(5 * MINUTE).hear({ time: START + 5_000 }).outcome).toBe('duplicate')
    expect(watched.hear({ time: START + 5 * MINUTE }).outcome).toBe('repeated')
  })

  it('counts nothing and says nothing, but is recorded', () => {
    const watched = new Watched()
    watched.hear()

    const { changes, state } = watched.after(1_000).hear()

    expect(state.check.tally.count).toBe(1)
    expect(changes.effects).toEqual([])
    expect(changes.history).toMatchObject([{ outcome: 'duplicate', problem: 'problem-1' }])
  })

  it('never swallows CRITICAL, OK, CRITICAL', () => {
    const watched = new Watched()
    watched.hear()
    watched.after(1_000).hear(ok)

    expect(watched.after(1_000).hear().outcome).toBe('opened')
  })

  it('is none when anything was heard in between', () => {
    const watched = new Watched()
    watched.hear()
    watched.after(1_000).hear({ type: 'FLAPPINGSTART' })

    expect(watched.after(1_000).hear().outcome).toBe('repeated')
  })

  it('with an id is known for a day, whatever came in between', () => {
    const watched = new Watched()
    watched.hear({ id: '1' })
    watched.after(MINUTE).hear({ ...ok, id: '2' })

    expect(watched.after(SEEN_WINDOW_MS - 2 * MINUTE).hear({ id: '1' }).outcome).toBe('duplicate')
    expect(watched.open).toBeNull()
    expect(watched.after(2 * MINUTE).hear({ id: '1' }).outcome).toBe('opened')
  })

  it('is none when the id is the same and the state, type or check is not', () => {
    const watched = new Watched()
    watched.hear({ id: '1', state: 'WARNING' })

    expect(watched.after(1_000).hear({ id: '1' }).outcome).toBe('changed')
    expect(watched.after(1_000).hear({ ...ok, id: '1' }).outcome).toBe('closed')
  })

  it('is none when two notifications have different ids, however equal they are', () => {
    const watched = new Watched()
    watched.hear({ id: '1' })

    expect(watched.after(1_000).hear({ id: '2' }).outcome).toBe('repeated')
  })

  it('with an id does not make later news old', () => {
    const watched = new Watched()
    watched.hear({ id: '1' })
    watched.after(MINUTE).hear({ ...ok, id: '2', time: START + MINUTE })
    watched.after(10 * MINUTE).hear({ id: '1' })

    expect(watched.hear({ id: '3', time: START + 2 * MINUTE }).outcome).toBe('opened')
  })
})

describe('an episode', () => {
  it('that is another one ends the open problem and begins the next', () => {
    const watched = new Watched()
    watched.hear({ episode: 'e1' })
    watched.take()

    const received = watched.after(MINUTE).hear({ episode: 'e2' })

    expect(received.outcome).toBe('opened')
    expect(watched.problems.get('problem-1')).toMatchObject({
      closedBecause: 'episode',
      closed: START + MINUTE,
    })
    expect(watched.open).toMatchObject({ id: 'problem-2', episode: 'e2', acknowledgement: null })
    expect(lines(received)).toMatchObject([{ what: 'closed', because: 'episode' }])
  })

  it('leaves the earlier problem its own count and output', () => {
    const watched = new Watched()
    watched.hear({ episode: 'e1', output: 'first' })

    const { changes } = watched.after(MINUTE).hear({ episode: 'e2', output: 'second' })

    expect(changes.problems[0]?.check.tally.output).toBe('first')
    expect(changes.problems[1]?.check.tally).toMatchObject({ output: 'second', count: 1 })
  })

  it.each<[string, string | null, string | null, string]>([
    ['the same one repeats', 'e1', 'e1', 'repeated'],
    ['one that is not said repeats', 'e1', null, 'repeated'],
    ['one that was not said before repeats', null, 'e1', 'repeated'],
  ])('%s', (_case, first, second, outcome) => {
    const watched = new Watched()
    watched.hear({ episode: first })

    expect(watched.after(5 * MINUTE).hear({ episode: second }).outcome).toBe(outcome)
    expect(watched.problems.size).toBe(1)
  })

  it('is closed only by its own recovery, or by one that names none', () => {
    const watched = new Watched()
    watched.hear({ episode: 'e1' })
    watched.after(MINUTE).hear({ episode: 'e2' })

    expect(watched.after(MINUTE).hear({ ...ok, episode: 'e1' }).outcome).toBe('stale')
    expect(watched.after(MINUTE).hear({ ...ok, episode: null }).outcome).toBe('closed')
  })
})

describe('an acknowledgement made in the monitor', () => {
  const foreign: Partial<Notification> = { type: 'ACKNOWLEDGEMENT', author: 'cid', comment: 'vendor called' }

  it('is shown with its author', () => {
    const watched = new Watched()
    watched.hear()

    const received = watched.after(MINUTE).hear(foreign)

    expect(received.outcome).toBe('changed')
    expect(watched.open?.acknowledgement).toMatchObject({
      by: { id: null, name: 'cid' },
      comment: 'vendor called',
      foreign: true,
      handOver: 'confirmed',
    })
    expect(lines(received)).toMatchObject([{ what: 'acknowledged', foreign: true, tookOverFrom: null }])
    expect(received.changes.history.map(({ kind }) => kind)).toEqual(['notification', 'acknowledgement'])
  })

  it('replaces ours and says from whom it was taken', () => {
    const watched = new Watched()
    watched.hear()
    watched.take()

    const received = watched.after(MINUTE).hear(foreign)

    expect(watched.open?.acknowledgement?.by.name).toBe('cid')
    expect(watched.open?.firstTaken?.by).toBe('ann')
    expect(lines(received)).toMatchObject([{ tookOverFrom: 'ann' }])
  })

  it('that is said again changes nothing', () => {
    const watched = new Watched()
    watched.hear()
    watched.hear(foreign)

    const received = watched.after(10 * MINUTE).hear(foreign)

    expect(received.outcome).toBe('recorded')
    expect(received.changes.problems).toEqual([])
    expect(received.changes.effects).toEqual([])
  })

  it('for nothing is recorded only', () => {
    expect(new Watched().hear(foreign).outcome).toBe('recorded')
  })

  it('without an author is somebody’s', () => {
    const watched = new Watched()
    watched.hear()
    watched.hear({ type: 'ACKNOWLEDGEMENT' })

    expect(watched.open?.acknowledgement?.by.name).toBe('somebody')
  })
})

describe('news', () => {
  it.each<[Partial<Notification>['type'] & string, 'inDowntime' | 'isFlapping', boolean]>([
    ['DOWNTIMESTART', 'inDowntime', true],
    ['DOWNTIMEEND', 'inDowntime', false],
    ['DOWNTIMECANCELLED', 'inDowntime', false],
    ['FLAPPINGSTART', 'isFlapping', true],
    ['FLAPPINGSTOP', 'isFlapping', false],
    ['FLAPPINGDISABLED', 'isFlapping', false],
  ])('%s makes %s %s, on card and thread, and opens nothing', (type, mark, expected) => {
    const watched = new Watched()
    watched.hear()
    if (!expected) watched.hear({ type: mark === 'inDowntime' ? 'DOWNTIMESTART' : 'FLAPPINGSTART' })

    const received = watched.hear({ type, author: 'cid', comment: 'disk swap' })

    expect(received.outcome).toBe('recorded')
    expect(received.state.check[mark]).toBe(expected)
    expect(watched.problems.size).toBe(1)
    expect(cards(received)).toHaveLength(1)
    expect(lines(received)).toMatchObject([{ what: 'said', type, author: 'cid', comment: 'disk swap' }])
  })

  it.each(['DOWNTIMESTART', 'FLAPPINGSTART', 'CUSTOM'] as const)(
    '%s without a problem has no card',
    (type) => {
      const received = new Watched().hear({ type, state: 'OK' })

      expect(received.state.problem).toBeNull()
      expect(received.changes.cards).toEqual([])
      expect(received.changes.effects).toEqual([])
      expect(received.changes.history).toHaveLength(1)
    },
  )

  it('CUSTOM ends neither downtime nor flapping', () => {
    const watched = new Watched()
    watched.hear({ type: 'DOWNTIMESTART' })
    watched.hear({ type: 'FLAPPINGSTART' })
    watched.hear({ type: 'CUSTOM' })

    expect(watched.state?.check).toMatchObject({ inDowntime: true, isFlapping: true })
  })
})

describe('what a card has no room for', () => {
  const fields = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ label: `L${n}`, value: `v${n}` }))
  const told = (given: Partial<Notification>) =>
    lines(new Watched().hear(given)).map((event) => ('output' in event ? event.output : event.what))

  it('stands in its thread: output that is cut, and fields beyond the first', () => {
    expect(told({ fields: fields(4) })).toEqual([])
    expect(told({ fields: fields(6) })).toEqual(['L4: v4\nL5: v5'])
    expect(told({ output: 'a\nb\nc\nd', fields: fields(5) })).toEqual(['a\nb\nc\nd\nL4: v4'])
  })
})

describe('an event', () => {
  const event: Partial<Notification> = { type: 'EVENT', state: null, output: 'Port scan' }

  it('opens a problem without a state and only counts when it comes again', () => {
    const watched = new Watched()

    expect(watched.hear(event).outcome).toBe('opened')
    expect(watched.open).toMatchObject({ state: null, isEvent: true })
    expect(watched.after(5 * MINUTE).hear(event).outcome).toBe('repeated')
    expect(watched.problems.size).toBe(1)
  })

  it('is done when somebody takes it, and a new one when it comes after that', () => {
    const watched = new Watched()
    watched.hear(event)

    watched.take()

    expect(watched.problems.get('problem-1')).toMatchObject({
      closed: START,
      closedBecause: 'acknowledgement',
    })
    expect(watched.after(5 * MINUTE).hear(event).outcome).toBe('opened')
  })

  it('is done when somebody takes it in the monitor', () => {
    const watched = new Watched()
    watched.hear(event)

    expect(watched.hear({ type: 'ACKNOWLEDGEMENT', author: 'cid', state: null }).outcome).toBe('closed')
    expect(watched.open).toBeNull()
    expect(watched.after(MINUTE).hear(event).outcome).toBe('opened')
  })

  it('that goes on after somebody took it belongs to what they took, until it was quiet for a while', () => {
    const watched = new Watched()
    const goingOn = { ...event, output: 'Port scan 0', quietMs: 10 * MINUTE }
    watched.hear(goingOn)
    watched.take()

    for (let n = 0; n < 5; n++)
      expect(watched.after(9 * MINUTE).hear({ ...goingOn, output: `Port scan ${n}` }).outcome).toBe(
        'recorded',
      )
    expect(watched.after(10 * MINUTE).hear(goingOn).outcome).toBe('opened')
    expect(watched.problems.size).toBe(2)
  })

  it('that comes after the clock was set back is not taken for one that goes on', () => {
    const watched = new Watched()
    const goingOn = { ...event, output: 'Port scan 0', quietMs: 10 * MINUTE }
    watched.hear(goingOn)
    watched.take()

    expect(watched.after(-MINUTE).hear({ ...goingOn, output: 'Port scan 1' }).outcome).toBe('recorded')
    expect(watched.after(-60 * MINUTE).hear(goingOn).outcome).toBe('opened')
  })

  it('that says something else is a new one, its numbers aside', () => {
    const watched = new Watched()
    const scan: Partial<Notification> = { ...event, quietMs: 10 * MINUTE, output: 'from port 51234' }
    watched.hear(scan)
    watched.take()

    expect(watched.after(MINUTE).hear({ ...scan, output: 'from port 9' }).outcome).toBe('recorded')
    expect(watched.after(MINUTE).hear({ ...scan, output: 'Mail is down' }).outcome).toBe('opened')
  })

  it('that got worse is a new one, whoever took it before', () => {
    const watched = new Watched()
    const blocked: Partial<Notification> = { ...event, state: 'WARNING', quietMs: 10 * MINUTE }
    watched.hear(blocked)
    watched.take()

    expect(watched.after(2 * MINUTE).hear(blocked).outcome).toBe('recorded')
    expect(watched.after(MINUTE).hear({ ...blocked, state: 'CRITICAL' }).outcome).toBe('opened')
  })

  it('opens the first time, however quiet it has to be', () => {
    expect(new Watched().hear({ ...event, quietMs: Number.MAX_SAFE_INTEGER }).outcome).toBe('opened')
  })

  it('rings no reminders', () => {
    const watched = new Watched()
    watched.hear(event)

    expect(rings(watched.after(REMINDER_EVERY_MS).hear(event))).toBe(false)
  })
})

describe('a reminder', () => {
  it('rings when a problem that nobody has is said again after half an hour, and not again at once', () => {
    const watched = new Watched()
    watched.hear()
    expect(rings(watched.after(REMINDER_EVERY_MS - 1).hear())).toBe(false)

    const received = watched.after(2 * MINUTE).hear()

    expect(rings(received)).toBe(true)
    expect(lines(received)).toMatchObject([{ what: 'reminded', state: 'CRITICAL', count: 3 }])
    expect(rings(watched.after(5 * MINUTE).hear())).toBe(false)
  })

  it.each<[string, (watched: Watched) => void]>([
    ['somebody has it', (watched) => watched.take()],
    ['it is in a downtime', (watched) => void watched.hear({ type: 'DOWNTIMESTART' })],
    [
      'it rang lately because it got worse',
      (watched) => void watched.after(20 * MINUTE).hear({ state: 'CRITICAL' }),
    ],
  ])('is not due while %s', (_case, arrange) => {
    const watched = new Watched()
    watched.hear({ state: 'WARNING' })
    arrange(watched)

    expect(rings(watched.after(20 * MINUTE).hear({ state: watched.open?.state ?? 'CRITICAL' }))).toBe(false)
  })
})

const anyNotification = fc.record({
  type: fc.constantFrom(...NOTIFICATION_TYPES),
  state: fc.constantFrom<State | null>('OK', 'WARNING', 'UNKNOWN', 'CRITICAL', null),
  episode: fc.constantFrom(null, 'e1', 'e2'),
  output: fc.constantFrom('a', 'b\n'.repeat(5), ''),
  longOutput: fc.constantFrom(null, 'c'.repeat(400)),
  author: fc.constantFrom(null, 'cid'),
  time: fc.option(fc.integer({ min: -300_000, max: 300_000 }).map((ms) => START + ms)),
  id: fc.constantFrom(null, '1', '2'),
})
const history = fc.array(fc.tuple(fc.constantFrom(0, 1_000, 40_000, 120_000), anyNotification), {
  maxLength: 25,
})

describe('whatever is heard, in whatever order,', () => {
  it('there is never more than one open problem of a check, and the check knows it', () => {
    fc.assert(
      fc.property(history, (heard) => {
        const watched = new Watched()
        for (const [ms, given] of heard) {
          const before = new Set(watched.problems.keys())
          const { changes } = watched.after(ms).hear(given)
          const begun = changes.problems.filter(
            ({ problem }) => !before.has(problem.id) && problem.closed === null,
          )
          const open = [...watched.problems.values()].filter(({ closed }) => closed === null)

          expect(begun.length).toBeLessThanOrEqual(1)
          expect(open.map(({ id }) => id)).toEqual(watched.open === null ? [] : [watched.open.id])
          expect(changes.history.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('the check ends as the newest of its states says; of equal times the last that arrived', () => {
    const states = fc.array(
      fc.tuple(
        fc.constantFrom(0, 1_000, 40_000),
        fc.record({
          state: fc.constantFrom<State>('OK', 'WARNING', 'CRITICAL'),
          time: fc.option(fc.constantFrom(...[-90, -50, -20, 0, 20, 50].map((s) => START + s * 1_000))),
        }),
      ),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(states, (heard) => {
        const watched = new Watched()
        let newest: { time: number; state: State } | null = null
        for (const [ms, { state, time }] of heard) {
          watched.after(ms).hear({ type: isFine(state) ? 'RECOVERY' : 'PROBLEM', state, time })
          const at = Math.min(time ?? watched.now, watched.now)
          if (newest === null || at >= newest.time) newest = { time: at, state }
        }

        expect(watched.open !== null).toBe(newest !== null && !isFine(newest.state))
        if (watched.open !== null) expect(watched.open.state).toBe(newest?.state)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a problem never ends before it began, and its count never falls', () => {
    fc.assert(
      fc.property(history, (heard) => {
        const watched = new Watched()
        for (const [ms, given] of heard) {
          const count = watched.open === null ? 0 : (watched.state?.check.tally.count ?? 0)
          const id = watched.open?.id
          const { state } = watched.after(ms).hear(given)
          if (state.problem?.id === id) expect(state.check.tally.count).toBeGreaterThanOrEqual(count)
          for (const problem of watched.problems.values())
            expect(problem.closed ?? problem.opened).toBeGreaterThanOrEqual(problem.opened)
        }
      }),
    )
  })
})
