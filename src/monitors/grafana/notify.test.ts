import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Intake } from '../monitor.ts'
import { isLegacyKey } from './legacy-key.ts'
import { notify } from './notify.ts'

const ALERT = {
  status: 'firing',
  labels: { alertname: 'Latency', host: 'web01', severity: 'critical', 'odd name\n': ' kept as it is ' },
  annotations: { summary: 'Slow' },
  startsAt: '2026-11-22T10:00:00Z',
  generatorURL: 'https://g.example.com/alerting/r1/view',
  fingerprint: 'c6eadffa33fcdf37',
}
const BODY = { version: '1', orgId: 1, alerts: [ALERT] }
const LEGACY = { ruleId: 7, ruleName: 'CPU', state: 'alerting', message: 'Too busy' }

const read = (value: unknown): Intake => notify({ value }, { monitor: 'g1' })
const faults = (value: unknown): readonly string[] =>
  read(value).rejected.map((issues) =>
    issues.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
  )
const one = (alert: object) => read({ ...BODY, alerts: [{ ...ALERT, ...alert }] }).notifications[0]

describe('a body of Grafana', () => {
  it('is taken alert by alert, some firing and some resolved, and what is wrong with one is named', () => {
    const other = { ...ALERT, status: 'resolved', fingerprint: '00' }
    const wrong = { ...ALERT, labels: { alertname: 7 }, fingerprint: undefined }
    const { notifications, rejected } = read({ ...BODY, alerts: [ALERT, wrong, other, null] })

    expect(notifications.map(({ key, type }) => [key, type])).toEqual([
      ['c6eadffa33fcdf37', 'PROBLEM'],
      ['00', 'RECOVERY'],
    ])
    expect(rejected.map((issues) => issues.map(({ path }) => path))).toEqual([
      ['alerts[1].labels.alertname', 'alerts[1].fingerprint'],
      ['alerts[3]'],
    ])
  })

  it('keeps labels exactly as they are, because a silence has to name them', () => {
    expect(one({})?.labels).toEqual(ALERT.labels)
  })

  it('of another version, or of somebody’s own making, is refused with what to do', () => {
    expect(faults({ ...BODY, version: '4' })).toEqual([expect.stringContaining('Alertmanager')])
    for (const version of [undefined, '2', 1, null])
      expect(faults({ ...BODY, version })).toEqual([
        expect.stringMatching(/^version has to be 1\. .*custom payload/),
      ])
    for (const body of [{}, { text: 'x' }, { version: '1' }, { version: '1', alerts: {} }])
      expect(faults(body)).toEqual([expect.stringMatching(/^alerts is missing.*custom payload/)])
    for (const body of [null, 'x', 7, true])
      expect(faults(body)).toEqual(['has to be an object, as Grafana sends it'])
    expect(faults({ ...BODY, alerts: [] })).toEqual(['alerts must not be empty'])
    expect(faults([])).toEqual(['holds nothing to be told'])
  })

  it('that says it was cut is told as far as it goes, and the cut is in the record', () => {
    const { notifications, rejected } = read({ ...BODY, truncatedAlerts: 3 })
    expect(notifications).toHaveLength(1)
    expect(rejected).toEqual([[expect.objectContaining({ path: 'truncatedAlerts' })]])
  })

  it('of more than a thousand alerts is taken as far as that', () => {
    const alerts = Array.from({ length: 1_200 }, (_, n) => ({ ...ALERT, fingerprint: String(n) }))
    const { notifications, rejected } = read({ ...BODY, alerts })
    expect(notifications).toHaveLength(1_000)
    expect(rejected.flat()).toEqual([{ path: '', message: expect.stringContaining('200 were not taken') }])
  })

  it('without a fingerprint is refused: no other key is found again', () => {
    for (const fingerprint of [undefined, '', null, 7, 'x'.repeat(257)])
      expect(faults({ ...BODY, alerts: [{ ...ALERT, fingerprint }] })).toEqual([
        expect.stringContaining('alerts[0].fingerprint'),
      ])
  })
})

describe('an alert of Grafana', () => {
  it('links to its panel, else to its dashboard, else to its rule, and to nothing that is no address', () => {
    const panelURL = 'https://g.example.com/d/x?viewPanel=2'
    const dashboardURL = 'https://g.example.com/d/x'
    expect(one({ panelURL, dashboardURL })?.url).toBe(panelURL)
    expect(one({ panelURL: '', dashboardURL })?.url).toBe(dashboardURL)
    expect(one({ panelURL: 'javascript:alert(1)', dashboardURL: '<x>' })?.url).toBe(ALERT.generatorURL)
    expect(one({ generatorURL: undefined })?.url).toBeNull()
  })

  it('shows its values, a few of them and in one field', () => {
    expect(one({ values: { A: 4.2, 'B\n*x*': 1e21, C: null, D: { deep: 1 } } })?.fields).toEqual([
      { label: 'Values', value: 'A = 4.2, B *x* = 1e+21' },
    ])
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`V${n}`.repeat(60), n]))
    const [field, ...more] = one({ values: many })?.fields ?? []
    expect(more).toEqual([])
    expect(field?.value.length).toBeLessThanOrEqual(500)
    for (const values of [null, {}, 'x', 7]) expect(one({ values })?.fields).toBeNull()
  })

  it('began when it says, and of what is resolved that is not said', () => {
    expect(one({})?.since).toBe(Date.UTC(2026, 10, 22, 10))
    expect(one({ startsAt: '0001-01-01T00:00:00Z' })?.since).toBeNull()
    expect(one({ startsAt: 'yesterday' })?.since).toBeNull()
    expect(one({ status: 'resolved' })?.since).toBeNull()
  })

  it('that stands for a rule without an answer has the name of the rule, and is UNKNOWN', () => {
    for (const alertname of ['DatasourceNoData', 'DatasourceError']) {
      const labels = { alertname, rulename: 'Latency', host: 'web01', severity: 'critical' }
      expect(one({ labels })).toMatchObject({ host: 'web01', service: 'Latency', state: 'UNKNOWN' })
      expect(one({ labels, status: 'resolved' })).toMatchObject({ service: 'Latency', state: 'OK' })
      expect(one({ labels: { alertname, host: 'web01' } })).toMatchObject({ service: alertname })
    }
  })

  it('of no host is one of its folder', () => {
    const labels = { alertname: 'Latency', grafana_folder: 'Shop', severity: 'critical' }
    expect(one({ labels })).toMatchObject({ host: 'Shop', service: 'Latency', state: 'CRITICAL' })
  })

  it('is the same by name whether firing or resolved, whatever its labels', () => {
    const label = fc.constantFrom('alertname', 'host', 'rulename', 'grafana_folder', 'severity', 'toString')
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('DatasourceError', ' ', 'critical'))
    fc.assert(
      fc.property(fc.dictionary(label, text, { minKeys: 1 }), (labels) => {
        const firing = one({ labels })
        const resolved = one({ labels, status: 'resolved' })
        expect(firing === undefined).toBe(resolved === undefined)
        if (firing === undefined || resolved === undefined) return
        expect([resolved.host, resolved.service]).toEqual([firing.host, firing.service])
        expect([firing.host, firing.service === '']).not.toContain('')
        expect(resolved.state).toBe(firing.service === null ? 'UP' : 'OK')
        expect(firing.labels).toEqual(labels)
      }),
    )
  })
})

describe('the rule of a dashboard', () => {
  it.each([
    ['alerting', 'PROBLEM', 'CRITICAL'],
    ['no_data', 'PROBLEM', 'UNKNOWN'],
    ['unknown', 'PROBLEM', 'UNKNOWN'],
    ['paused', 'PROBLEM', 'UNKNOWN'],
    ['pending', 'PROBLEM', 'WARNING'],
    ['OK', 'RECOVERY', 'OK'],
  ])('that is %s is a %s, %s', (state, type, expected) => {
    expect(read({ ...LEGACY, state }).notifications).toEqual([
      expect.objectContaining({ type, state: expected, host: 'Grafana', service: 'CPU', key: 'legacy:1:7' }),
    ])
  })

  it('is known by its number within its organisation, and that is no key of an alert', () => {
    const keys = [LEGACY, { ...LEGACY, orgId: 2 }, { ...LEGACY, ruleId: 8 }].map(
      (body) => read(body).notifications[0]?.key ?? '',
    )
    expect(new Set(keys).size).toBe(3)
    for (const key of keys) expect(isLegacyKey(key)).toBe(true)
    expect(isLegacyKey(one({})?.key ?? '')).toBe(false)
  })

  it('of another state, or without a name, is refused', () => {
    expect(faults({ ...LEGACY, state: 'fine' })).toEqual([expect.stringMatching(/^state has to be alerting/)])
    expect(faults({ ...LEGACY, ruleName: '' })).toEqual(['ruleName must not be empty'])
    expect(faults({ ruleId: {} })).toHaveLength(1)
  })
})
