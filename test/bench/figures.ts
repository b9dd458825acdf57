import type { Clicks } from './clicks.ts'
import type { Flushes } from './flushes.ts'
import type { Machine } from './machine.ts'
import type { Measured } from './rounds.ts'
import type { Scale } from './scale.ts'
import type { StartUp } from './start-up.ts'
import type { Spread } from './statistics.ts'
import type { SubjectName } from './subjects.ts'

/** Everything that one run found. */
export type Results = {
  readonly date: string
  readonly machine: Machine
  readonly rounds: number
  readonly seconds: number
  /** Without those that could not be started. */
  readonly rows: Readonly<Partial<Record<SubjectName, Measured>>>
  readonly flushes: Flushes | null
  /** Milliseconds. */
  readonly firstCard: Spread
  readonly startUp: StartUp
  readonly scale: Scale
  readonly clicks: Clicks
}

/** A figure that is held to a limit. */
export type Figure = {
  readonly what: string
  /** Null: could not be measured here. */
  readonly value: number | null
  readonly gate: { readonly least: number } | { readonly most: number } | null
  readonly goal: number | null
  readonly unit: 'ratio' | 'times' | 'count' | 'ms'
}

/** @returns the figures that are quoted: ratios of medians within this run, and counts */
export function figuresOf(results: Results): readonly Figure[] {
  return [
    ...speedFigures(results.rows),
    ...flushFigures(results.flushes),
    ...startFigures(results),
    ...scaleFigures(results.scale),
    ...clickFigures(results.clicks),
  ]
}

function speedFigures(rows: Results['rows']): Figure[] {
  const { bare, durable, batch, obvious, obviousSlack, bareClosing, durableClosing, bareAgain } = rows
  const { durableSlow, obviousSlow, alertmanager, alertmanagerBatch } = rows
  return [
    ratio('durable over bare, by CPU', cpu(bare, durable), 0.4, 0.5),
    ratio('durable over bare, by requests/s', speed(durable, bare), 0.35, 0.5),
    times(
      'over the obvious app with inline Slack of 0 ms, by requests/s',
      speed(durable, obviousSlack),
      15,
      25,
    ),
    times('the same, by CPU', cpu(obviousSlack, durable), null, null),
    times('over the obvious app without Slack, by requests/s', speed(durable, obvious), 6, 9),
    times('the same, by CPU', cpu(obvious, durable), null, null),
    times('the same, flushes 5 ms longer, by requests/s', speed(durableSlow, obviousSlow), 15, 23),
    times('100 in a request over one in a request, by notifications/s', speed(batch, durable), 2.2, 3),
    times('the same, by CPU', cpu(durable, batch), null, null),
    times(
      'over Alertmanager in memory, one in a request, by alerts/s',
      speed(durable, alertmanager),
      1.1,
      1.5,
    ),
    times('the same, by CPU', cpu(alertmanager, durable), null, null),
    times('over Alertmanager, 100 in a request, by alerts/s', speed(batch, alertmanagerBatch), 1.3, 2),
    times('the same, by CPU', cpu(alertmanagerBatch, batch), null, null),
    ratio('a connection each: durable over bare, by CPU', cpu(bareClosing, durableClosing), null, null),
    ratio('noise: bare over itself, by CPU', cpu(bareAgain, bare), null, null),
    ratio('noise: bare over itself, by requests/s', speed(bare, bareAgain), null, null),
    {
      ...times('memory under load over bare', null, null, 1.8),
      value: quotient(durable?.residentMiB, bare?.residentMiB),
      gate: { most: 2.2 },
    },
  ]
}

function flushFigures(flushes: Flushes | null): Figure[] {
  const count = (what: string, value: number | undefined, gate: Figure['gate'], goal: number): Figure => ({
    what: `flushes to disk a notification, ${what}`,
    value: value ?? null,
    gate,
    goal,
    unit: 'count',
  })
  return [
    count('one sender', flushes?.alone, { least: 1 }, 1),
    count('32 senders', flushes?.keepAlive, { most: 0.08 }, 0.04),
    count('32 senders, a connection each', flushes?.closing, { most: 0.15 }, 0.1),
  ]
}

function startFigures({ firstCard, startUp }: Results): Figure[] {
  const { node, readyFromSource, readyBuilt, notify } = startUp
  const over = (what: string, spread: Spread | null, most: number | null, goal: number | null): Figure => ({
    what,
    value: quotient(spread?.median, node.median),
    gate: most === null ? null : { most },
    goal,
    unit: 'times',
  })
  return [
    {
      what: 'first card after the POST, idle',
      value: firstCard.median,
      gate: { most: 150 },
      goal: 50,
      unit: 'ms',
    },
    over('ready, over `node -e 0`, built', readyBuilt, 14, 8),
    over('ready, over `node -e 0`, from source', readyFromSource, null, null),
    over('`ackbridge notify`, over `node -e 0`, built', notify, 2.5, 2),
  ]
}

function scaleFigures({ lines, small, large, questions }: Scale): Figure[] {
  const millions = `${lines / 1e6} M lines of history`
  const ms = (what: string, spread: Spread | null, most: number | null, goal: number | null): Figure => ({
    what,
    value: spread?.median ?? null,
    gate: most === null ? null : { most },
    goal,
    unit: 'ms',
  })
  return [
    {
      ...ratio(`CPU with ${millions} over 100 thousand, 100 000 open`, cpu(large, small), null, 1),
      gate: { most: 1.25 },
    },
    ms('`/problems`, worst 20 of 100 000 open', questions.worst, 1, 0.02),
    ms('the same, counts', questions.counts, 10, 4),
    ms(`\`/history\` of a host, last 20 of ${millions}, warm`, questions.historyWarm, 1, 0.28),
    ms('the same, with the file out of the cache', questions.historyCold, 10, 2.9),
    ms('the same, of hosts by a pattern that none has', questions.historyPattern, null, null),
    ms('time-to-acknowledge report over 90 days, ten monitors', questions.report, 25, 0.006),
  ]
}

function clickFigures({ bare, ackbridge, slow }: Clicks): Figure[] {
  const most = (what: string, value: number | null, limit: number | null): Figure => ({
    what,
    value,
    gate: limit === null ? null : { most: Math.round(limit * 10) / 10 },
    goal: null,
    unit: 'ms',
  })
  const under = 'click to 200, p99, under 1000 notifications/s and 100 clicks/s'
  return [
    most(`${under}: bare`, bare.median, null),
    {
      ...most(`${under}: ackbridge (gate: 2.5 × bare + 20 ms)`, ackbridge.median, bare.median * 2.5 + 20),
      goal: 1.5 * bare.median,
    },
    most(`${under}: ackbridge, flushes 5 ms longer`, slow?.median ?? null, 150),
  ]
}

/** @returns true, false, or null where there is no gate or no value */
export function holds({ value, gate }: Figure): boolean | null {
  if (value === null || gate === null) return null
  return 'least' in gate ? value >= gate.least : value <= gate.most
}

function ratio(what: string, value: number | null, least: number | null, goal: number | null): Figure {
  return { what, value, gate: least === null ? null : { least }, goal, unit: 'ratio' }
}

function times(what: string, value: number | null, least: number | null, goal: number | null): Figure {
  return { ...ratio(what, value, least, goal), unit: 'times' }
}

function speed(one: Measured | undefined, other: Measured | undefined): number | null {
  return quotient(one?.perSecond.median, other?.perSecond.median)
}

function cpu(one: Measured | undefined, other: Measured | undefined): number | null {
  return quotient(one?.cpuMicros?.median, other?.cpuMicros?.median)
}

function quotient(one: number | null | undefined, other: number | null | undefined): number | null {
  return one == null || other == null ? null : one / other
}
