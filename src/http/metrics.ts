import type { Meter } from '../core/ports.ts'

/** Counters, declared once: name, what it counts, its labels. No label ever holds a host, a service, a person or a key. */
const COUNTERS = {
  ackbridge_notifications_total: ['Notifications received, by what became of them', ['kind', 'outcome']],
  ackbridge_notifications_rejected_total: ['Notifications that were not understood', ['kind']],
  ackbridge_requests_refused_total: ['Requests turned away, by reason', ['reason']],
  ackbridge_deliveries_total: ['Attempts to deliver an effect, by what became of them', ['method', 'result']],
  ackbridge_interactions_total: [
    'Actions of people in Slack, by what became of them',
    ['surface', 'outcome'],
  ],
  ackbridge_reconciled_total: ['Checks brought in line with what their monitor says', []],
} as const satisfies Record<string, readonly [string, readonly string[]]>

const HISTOGRAMS = {
  ackbridge_delivery_seconds: [
    'Time from the cause to its delivery',
    ['method'],
    [0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
  ],
} as const satisfies Record<string, readonly [string, readonly string[], readonly number[]]>

export type Metrics = {
  readonly meter: Meter
  /** Adds a number that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void
  /** Adds such a number for each value of a label. */
  gaugeOf(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void
  render(): Promise<{ type: string; text: string }>
}

/**
 * The numbers of this process. They are counted by hand, because that happens with every notification, and handed to
 * prom-client, which knows the format, when somebody asks.
 */
export function createMetrics(): Metrics {
  const counts = new Map<string, Map<string, Count>>()
  const observations: Observation[] = []
  const gauges: Gauged[] = []
  let registry: Promise<Registered> | null = null
  return {
    meter: {
      count: (name, labels = {}, by = 1) => {
        const known = counts.get(name) ?? new Map<string, Count>()
        counts.set(name, known)
        const key = Object.values(labels).join('\n')
        const count = known.get(key)
        if (count === undefined) known.set(key, { labels, value: by })
        else count.value += by
      },
      observe: (name, seconds, labels = {}) => {
        if (observations.length < OBSERVATIONS_MAX) observations.push({ name, seconds, labels })
      },
    },
    gauge: (name, help, read) => {
      gauges.push({ name, help, label: null, read: () => new Map([['', read()]]) })
    },
    gaugeOf: (name, help, label, read) => {
      gauges.push({ name, help, label, read })
    },
    render: async () => {
      registry ??= register(gauges)
      const { counters, histograms, contentType, metrics } = await registry
      for (const [name, known] of counts) {
        for (const { labels, value } of known.values()) counters.get(name)?.inc(labels, value)
      }
      for (const known of counts.values()) for (const count of known.values()) count.value = 0
      for (const { name, labels, seconds } of observations.splice(0))
        histograms.get(name)?.observe(labels, seconds)
      return { type: contentType, text: await metrics() }
    },
  }
}

type Count = { readonly labels: Readonly<Record<string, string>>; value: number }
type Observation = {
  readonly name: string
  readonly seconds: number
  readonly labels: Readonly<Record<string, string>>
}
type Gauged = {
  readonly name: string
  readonly help: string
  /** Null: there is one number. */
  readonly label: string | null
  readonly read: () => ReadonlyMap<string, number>
}
type Registered = {
  readonly counters: ReadonlyMap<string, { inc(labels: object, value: number): void }>
  readonly histograms: ReadonlyMap<string, { observe(labels: object, value: number): void }>
  readonly contentType: string
  readonly metrics: () => Promise<string>
}

/** Deliveries between two looks at the metrics; Slack takes a few a second, so this is hours. */
const OBSERVATIONS_MAX = 50_000

/** Loaded with the first look: many never look, and a start is faster without it. */
async function register(gauges: readonly Gauged[]): Promise<Registered> {
  const { Counter, Gauge, Histogram, Registry } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  const counters = Object.entries(COUNTERS).map(
    ([name, [help, labelNames]]) =>
      [name, new Counter({ name, help, labelNames: [...labelNames], registers })] as const,
  )
  const histograms = Object.entries(HISTOGRAMS).map(
    ([name, [help, labelNames, buckets]]) =>
      [
        name,
        new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers }),
      ] as const,
  )
  for (const { name, help, label, read } of gauges) {
    new Gauge({
      name,
      help,
      registers,
      labelNames: label === null ? [] : [label],
      collect() {
        this.reset()
        for (const [value, number] of read()) this.set(label === null ? {} : { [label]: value }, number)
      },
    })
  }
  return {
    counters: new Map(counters),
    histograms: new Map(histograms),
    contentType: registry.contentType,
    metrics: () => registry.metrics(),
  }
}
