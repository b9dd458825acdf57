import { describe, expect, it } from 'vitest'
import { notify as notifyOf } from './notify.ts'

const notify = (value: unknown) => notifyOf({ value }, { monitor: 'am' })
const alert = (n: number, more: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'Down', host: `web${n}`, severity: 'critical' },
  annotations: { summary: `is down ${n}` },
  startsAt: '2026-11-21T20:00:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: String(n).padStart(16, '0'),
  ...more,
})
const group = (alerts: readonly unknown[], more: object = {}) => ({
  version: '4',
  status: 'firing',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  alerts,
  ...more,
})

describe('a webhook of Alertmanager', () => {
  it('tells each alert of its group, whatever the group as a whole is', () => {
    const { notifications, rejected } = notify(group([alert(1), alert(2, { status: 'resolved' })]))
    expect(rejected).toEqual([])
    expect(notifications.map(({ host, state, type }) => [host, state, type])).toEqual([
      ['web1', 'CRITICAL', 'PROBLEM'],
      ['web2', 'OK', 'RECOVERY'],
    ])
  })

  it.each([
    ['3', 'version has to be "4"'],
    [4, 'version has to be "4"'],
    [undefined, 'version has to be "4"'],
  ])('of version %s is refused and told what would be right', (version, sentence) => {
    const { notifications, rejected } = notify({ ...group([alert(1)]), version })
    expect(notifications).toEqual([])
    expect(rejected.flat().map(({ path, message }) => `${path} ${message}`)).toEqual([
      expect.stringContaining(sentence),
    ])
  })

  it('with one alert that cannot be read tells the others, and where it is wrong', () => {
    const wrong = [
      alert(2, { status: 'odd' }),
      alert(3, { labels: {} }),
      alert(4, { labels: { a: 1 } }),
      null,
    ]
    const { notifications, rejected } = notify(group([alert(1), ...wrong, alert(6)]))
    expect(notifications.map(({ host }) => host)).toEqual(['web1', 'web6'])
    expect(rejected.map(([issue]) => issue?.path)).toEqual([
      'alerts[1].status',
      'alerts[2].labels',
      'alerts[3].labels.a',
      'alerts[4]',
    ])
  })

  it('takes a thousand alerts, and says how many it did not take', () => {
    const { notifications, rejected } = notify(group(Array.from({ length: 1_007 }, (_, n) => alert(n))))
    expect(notifications).toHaveLength(1_000)
    expect(rejected.flat()).toEqual([
      { path: 'alerts', message: expect.stringContaining('7 were not taken') },
    ])
  })

  it('says that Alertmanager left some out', () => {
    const { notifications, rejected } = notify(group([alert(1)], { truncatedAlerts: 12 }))
    expect(notifications).toHaveLength(1)
    expect(rejected.flat()).toEqual([
      { path: 'truncatedAlerts', message: expect.stringContaining('left out 12 alerts') },
    ])
  })

  it('without fingerprints knows an alert by its labels, as Alertmanager does', () => {
    const labels = { alertname: 'Plain', instance: 'a:9100', severity: 'warning' }
    const { notifications } = notify(group([alert(1, { fingerprint: undefined, labels })]))
    expect(notifications[0]?.key).toBe('3a718cb2a81bf2c9')
  })

  it('that holds nothing is refused', () => {
    for (const nothing of [group([]), [], {}, null, 'x'])
      expect(notify(nothing)).toMatchObject({ notifications: [], rejected: [expect.anything()] })
  })
})
