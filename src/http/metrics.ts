import { Counter, Gauge, Histogram, Registry } from 'prom-client'
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
  render(): Promise<{ type: string; text: string }>
}

/** The numbers of this process, in Prometheus' text format. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  for (const [name, [help, labelNames]] of Object.entries(COUNTERS)) {
    counters.set(name, new Counter({ name, help, labelNames: [...labelNames], registers: [registry] }))
  }
  for (const [name, [help, labelNames, buckets]] of Object.entries(HISTOGRAMS)) {
    histograms.set(
      name,
      new Histogram({
        name,
        help,
        labelNames: [...labelNames],
        buckets: [...buckets],
        registers: [registry],
      }),
    )
  }
  return {
    meter: {
      count: (name, labels = {}, by = 1) => counters.get(name)?.inc(labels, by),
      observe: (name, seconds, labels = {}) => histograms.get(name)?.observe(labels, seconds),
    },
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}
