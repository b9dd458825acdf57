import { monitorEventLoopDelay } from 'node:perf_hooks'

/*
 * Loaded before the real program by `node --import`: says on its standard error how it fares, once every VITALS_MS.
 */

export type Vitals = {
  readonly rss: number
  readonly heap: number
  /** Delay of the event loop since the last line, ms. */
  readonly p99: number
  readonly max: number
}

const every = Number(process.env['VITALS_MS'] ?? 10_000)
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
setInterval(() => {
  const { rss, heapUsed } = process.memoryUsage()
  const vitals: Vitals = {
    rss,
    heap: heapUsed,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  }
  process.stderr.write(`VITALS ${JSON.stringify(vitals)}\n`)
  delay.reset()
}, every).unref()
