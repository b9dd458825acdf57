import type { Flushes } from './flushes.ts'
import type { Machine } from './machine.ts'
import type { Measured } from './rounds.ts'
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
  return [...speedFigures(results.rows), ...flushFigures(results.flushes), ...startFigures(results)]
}

function speedFigures(rows: Results['rows']): Figure[] {
  const { bare, durable, batch, obvious, obviousSlack, bareClosing, durableClosing, bareAgain } = rows
  const { durableSlow, obviousSlow } = rows
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
