import type { Clock, Outbox, Queries } from '../core/ports.ts'
import type { Metrics } from './metrics.ts'

/** What is looked at when somebody asks for the metrics. */
export type Gauged = {
  readonly outbox: Pick<Outbox, 'depth'>
  readonly store: Pick<Queries, 'counts'>
  readonly sizes: () => {
    readonly databaseBytes: number
    readonly walBytes: number
    readonly freeBytes: number
    readonly historyRows: number
    readonly oldestHistory: number | null
  }
  readonly followed: { ill(): number; unknown(): number; up(): ReadonlyMap<string, boolean> }
  readonly delivery: () => { readonly refusedChannels: ReadonlyMap<string, string> }
}

/** Adds the numbers that are not counted but there. */
export function addGauges(
  metrics: Metrics,
  { outbox, store, sizes, followed, delivery }: Gauged,
  clock: Clock,
): void {
  const add = (name: string, help: string, read: () => number): void =>
    metrics.gauge(`ackbridge_${name}`, help, read)
  add('outbox_waiting', 'Effects that wait to be delivered', () => outbox.depth().waiting)
  add('outbox_parked', 'Effects that could not be delivered', () => outbox.depth().parked)
  add('outbox_oldest_seconds', 'Age of the oldest effect that waits', () => age(outbox.depth().oldest, clock))
  add(
    'channels_refused',
    'Channels of Slack that take no messages from us',
    () => delivery().refusedChannels.size,
  )
  add('problems_open', 'Open problems', () => store.counts({}).open)
  add('problems_unacknowledged', 'Open problems that nobody has', () => store.counts({}).untaken)
  add('monitors_troubled', 'Monitors in trouble, or silent', () => followed.ill())
  metrics.gaugeOf(
    'ackbridge_monitor_up',
    'Whether a monitor answers us, or talks as it always does; its name is the one of the configuration',
    'monitor',
    () => new Map([...followed.up()].map(([name, isUp]) => [name, isUp ? 1 : 0])),
  )
  add('problems_unknown', 'Problems that monitors have and we never heard of', () => followed.unknown())
  add('database_bytes', 'Size of the database file', () => sizes().databaseBytes)
  add('database_free_bytes', 'Part of the database file that will be used again', () => sizes().freeBytes)
  add('database_wal_bytes', 'Size of the write-ahead log of the database', () => sizes().walBytes)
  add('history_rows', 'Lines of history, an estimate', () => sizes().historyRows)
  add('history_oldest_seconds', 'Age of the oldest line of history', () => age(sizes().oldestHistory, clock))
  add('memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
}

/** @returns seconds since then, 0 for never */
function age(at: number | null, clock: Clock): number {
  return at === null ? 0 : Math.max(0, Math.round((clock.now() - at) / 1000))
}
