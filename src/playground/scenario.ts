/*
 * A bad quarter of an hour in a data centre, told in a few seconds: what the "Run the scenario" button sends.
 */
import type { JsonObject } from './json.ts'

/** What the scenario needs of a playground. */
export type ScenarioPlayground = {
  notify(notification: JsonObject): Promise<{ status: number; body: string }>
  later(ms: number, then: () => void): void
}

/** Milliseconds after the one before, so that a person sees each card appear. */
const pauseMs = 1_200

/**
 * Posts the scenario's notifications in sequence. The first goes out at once.
 *
 * @returns when the first one is answered; the others follow within a few seconds, unless the playground closes
 * @throws Error when the app cannot be reached or refuses the first notification
 */
export async function runScenario(playground: ScenarioPlayground): Promise<void> {
  const [first, ...rest] = notifications(Math.floor(Date.now() / 1000))
  if (!first) return
  const answer = await playground.notify(first)
  if (answer.status >= 300) throw new Error(`the app answered ${answer.status}: ${answer.body.slice(0, 200)}`)
  follow(playground, rest)
}

/** One after the other, so that a slow app is not overrun and the order holds. */
function follow(playground: ScenarioPlayground, rest: JsonObject[]): void {
  const [next, ...others] = rest
  if (!next) return
  playground.later(pauseMs, () => {
    const time = Math.floor(Date.now() / 1000)
    // A failed post ends the scenario; the page shows nothing new, and the button can be pressed again.
    playground.notify({ ...next, time }).then(
      () => follow(playground, others),
      () => undefined,
    )
  })
}

/** @param time epoch seconds */
function notifications(time: number): JsonObject[] {
  const web = { host: 'web01', address: '192.0.2.11', labels: { site: 'fra1', role: 'web' } }
  const db = { host: 'db02', address: '192.0.2.42', labels: { site: 'fra1', role: 'database' } }
  return [
    {
      ...web,
      type: 'PROBLEM',
      service: 'HTTP',
      state: 'CRITICAL',
      time,
      output: 'CRITICAL - Socket timeout after 10 seconds: GET https://shop.example.com/health',
      longOutput: 'connect to 192.0.2.11 port 443: timed out\nlast good answer: 200 OK in 0.182 s',
    },
    {
      ...db,
      type: 'PROBLEM',
      service: 'Disk /var/lib/postgresql',
      state: 'WARNING',
      time,
      output: 'DISK WARNING - free space: /var/lib/postgresql 18.4 GB (9% inode=97%)',
    },
    {
      type: 'PROBLEM',
      host: 'rtr-core-2',
      address: '192.0.2.254',
      labels: { site: 'fra1', role: 'network' },
      state: 'DOWN',
      time,
      output: 'PING CRITICAL - Packet loss = 100%',
    },
    {
      type: 'PROBLEM',
      host: 'mail01',
      address: '192.0.2.25',
      labels: { site: 'ams2', role: 'mail' },
      service: 'Mail queue',
      state: 'CRITICAL',
      time,
      output: 'CRITICAL: mailq is 4127 (threshold c = 1000)',
    },
    {
      ...web,
      type: 'RECOVERY',
      service: 'HTTP',
      state: 'OK',
      time,
      output: 'HTTP OK: HTTP/1.1 200 OK - 3142 bytes in 0.182 second response time',
    },
  ]
}
