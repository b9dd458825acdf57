import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { until } from '../support/command.ts'
import { startWorld } from '../support/world.ts'

const CRITICAL = { host: 'very-own-host', service: 'very-own-service', state: 'CRITICAL', output: 'x' }

describe('/healthz', () => {
  it('says that the process is alive, to anybody', async () => {
    const world = await startWorld()

    const { status, body } = await world.get('/healthz')

    expect([status, body]).toEqual([200, { status: 'ok' }])
    expect((await fetch(`${world.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })
})

describe('/readyz', () => {
  it('says how the parts are, and is ready also while Slack is away', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })
    expect((await world.get('/readyz')).body).toEqual({
      status: 'ready',
      store: 'writable',
      slack: 'http',
      monitors: { dc1: 'kept here only' },
      oldestUndeliveredSeconds: null,
      parked: 0,
    })

    world.expectRefusal('fault: reset')
    world.playground.faults.always('*', { kind: 'reset' })
    await world.notify(CRITICAL)
    await world.advance(90_000)

    const { status, body } = await world.get('/readyz')
    expect([status, body.status]).toEqual([200, 'ready'])
    expect(body.oldestUndeliveredSeconds).toBe(90)
    world.playground.faults.clear()
    await world.advance(300_000)
    expect((await world.get('/readyz')).body.oldestUndeliveredSeconds).toBeNull()
  })

  it('is 503 while the store cannot be written, as notifications are, and heals', async () => {
    const world = await startWorld()
    world.log.announce(/Another program holds a lock on the database/)
    const other = new Database(world.database)
    other.exec('BEGIN IMMEDIATE')

    const [ready, notified] = await Promise.all([world.get('/readyz'), world.post(CRITICAL)])

    expect([ready.status, ready.body.store]).toEqual([503, 'not writable'])
    expect([notified.status, notified.body.error]).toEqual([503, 'unavailable'])
    expect(Number(notified.headers.get('retry-after'))).toBeGreaterThan(0)
    other.exec('ROLLBACK')
    other.close()
    await until(async () => (await world.get('/readyz')).status === 200)
    expect((await world.notify(CRITICAL)).status).toBe(202)
    expect(world.card().text).toContain('very-own-host')
    expect(await world.history('&kind=notification')).toHaveLength(1)
  })

  it('answers while another program holds the lock, and takes notifications once it lets go', async () => {
    const world = await startWorld()
    const other = new Database(world.database)
    other.exec('BEGIN IMMEDIATE')

    const notified = world.post(CRITICAL)
    const began = performance.now()
    expect((await world.get('/healthz')).status).toBe(200)
    expect((await world.get('/api/problems')).status).toBe(401)
    expect(performance.now() - began).toBeLessThan(500)
    other.exec('ROLLBACK')
    other.close()

    expect((await notified).status).toBe(202)
  })
})

describe('/metrics', () => {
  it('counts what happens, and names no host, service, person or key', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.notify({ ...CRITICAL, output: 'again' })
    await world.notify({ host: 'no state' })
    await world.post(CRITICAL, { key: 'wrong' })
    await world.as('ann').click('Acknowledge')
    await world.as('guest').click('Remove acknowledgement')

    const { body, headers } = await world.get('/metrics')

    expect(headers.get('content-type')).toMatch(/^text\/plain/)
    expect(body).toContain('ackbridge_notifications_total{kind="native",outcome="opened"} 1')
    expect(body).toContain('ackbridge_notifications_total{kind="native",outcome="repeated"} 1')
    expect(body).toContain('ackbridge_requests_refused_total{reason="invalid_notification"} 1')
    expect(body).toContain('ackbridge_requests_refused_total{reason="unauthorized"} 1')
    expect(body).toMatch(/ackbridge_deliveries_total\{method="post",result="done"\} 1/)
    expect(body).toMatch(/ackbridge_delivery_seconds_bucket\{.*le="0.05".*\}/)
    expect(body).toContain('ackbridge_problems_open 1')
    expect(body).toContain('ackbridge_outbox_waiting 0')
    expect(body).toContain('ackbridge_outbox_parked 0')
    expect(body).toMatch(/ackbridge_interactions_total\{.*\} 1/)
    for (const secret of [
      'very-own',
      'Ann',
      world.playground.people.ann,
      'test-notify-key',
      world.playground.channels.alerts,
    ])
      expect(body).not.toContain(secret)
    expect(body).not.toMatch(/\bann\b/)
  })

  it('does not let a sender make up labels', async () => {
    const world = await startWorld()
    for (let n = 0; n < 30; n++) {
      await world.post({ ...CRITICAL, type: `T${n}`, monitor: `m${n}` })
      await world.post(CRITICAL, { path: `/notify/m${n}` })
      await world.post({ NOTIFICATIONTYPE: `T${n}` }, { path: '/notify/nagios' })
    }
    const { body } = await world.get('/metrics')
    expect(body).not.toMatch(/[mT]29/)
    expect(body.split('\n').length).toBeLessThan(150)
  })
})
