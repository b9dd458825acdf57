import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertNames, alertNotification, alertOutput, alertState } from './alert-notification.ts'

const LABELS = { alertname: 'Down', host: 'web01' }

describe('the names of an alert', () => {
  it.each([
    [{ host: 'a', hostname: 'b', instance: 'c' }, 'a'],
    [{ hostname: 'b', node: 'c' }, 'b'],
    [{ node: 'n', nodename: 'm' }, 'n'],
    [{ nodename: 'm', instance: 'c' }, 'm'],
    [{ instance: 'web01:9100', pod: 'p' }, 'web01'],
    [{ instance: 'web01' }, 'web01'],
    [{ instance: '10.0.0.1:80' }, '10.0.0.1'],
    [{ instance: '[2001:db8::1]:9100' }, '2001:db8::1'],
    [{ instance: '2001:db8::1' }, '2001:db8::1'],
    [{ instance: 'https://shop.example.com:8443' }, 'https://shop.example.com:8443'],
    [{ instance: 'https://shop.example.com/x' }, 'https://shop.example.com/x'],
    [{ instance: ':9100', pod: 'p' }, 'p'],
    [{ host: ' \u0000', pod: 'p', job: 'j' }, 'p'],
    [{ job: 'j', cluster: 'c' }, 'j'],
    [{ cluster: 'c' }, 'c'],
  ])('of %j begin with %s', (labels, host) => {
    expect(alertNames({ alertname: 'Down', ...labels }, 'k')).toEqual({ host, service: 'Down' })
  })

  it('are the alert’s own where nothing names a host, and its key where nothing names it', () => {
    expect(alertNames({ alertname: 'Down', severity: 'page' }, 'k')).toEqual({ host: 'Down', service: null })
    expect(alertNames({ severity: 'page' }, 'k')).toEqual({ host: 'k', service: null })
    expect(alertNames({ host: 'web01' }, 'k')).toEqual({ host: 'web01', service: null })
    expect(alertNames(JSON.parse('{"__proto__":"x"}'), '\u0000')).toEqual({ host: 'alert', service: null })
  })
})

describe('the state of an alert', () => {
  it.each([
    ...['critical', 'page', 'emergency', 'error', 'fatal', 'high', 'Critical ', 'P1', '', undefined].map(
      (word) => [word, 'CRITICAL'] as const,
    ),
    ...['warning', 'warn', 'minor', 'medium', 'info', 'information', 'none', 'low', 'WARNING'].map(
      (word) => [word, 'WARNING'] as const,
    ),
  ])('of severity %s is %s', (severity, state) => {
    expect(alertState(severity === undefined ? {} : { severity }, 'Down')).toBe(state)
  })

  it('without a service is DOWN', () => {
    expect(alertState({ severity: 'warning' }, null)).toBe('DOWN')
  })
})

describe('an alert of a webhook', () => {
  const given = {
    status: 'firing',
    labels: LABELS,
    annotations: {},
    startsAt: '2026-11-21T20:00:00Z',
  } as const

  it('keeps its labels whole, whatever is in them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (labels) => {
        expect(alertNotification('dc1', { ...given, labels }).labels).toEqual(labels)
      }),
    )
  })

  it('says since when it fires, and of its end nothing that is not known', () => {
    expect(alertNotification('dc1', given)).toMatchObject({ time: null, since: 1_795_291_200_000, id: null })
    expect(alertNotification('dc1', { ...given, status: 'resolved' })).toMatchObject({ since: null })
    expect(alertNotification('dc1', { ...given, startsAt: '0001-01-01T00:00:00Z' })).toMatchObject({
      since: null,
    })
  })

  it('shows its summary, and its description where that says more', () => {
    const of = (annotations: Record<string, string>) => alertOutput(annotations)
    expect(of({ summary: 's', description: 'd' })).toEqual({ output: 's', longOutput: 'd' })
    expect(of({ message: 'm', description: 'd' })).toEqual({ output: 'm', longOutput: 'd' })
    expect(of({ description: 'd' })).toEqual({ output: 'd', longOutput: null })
    expect(of({ summary: 'd', description: 'd' })).toEqual({ output: 'd', longOutput: null })
    expect(of({})).toEqual({ output: '', longOutput: null })
  })

  it('shows links that are links', () => {
    const annotations = { runbook_url: 'https://wiki.example.com/x', dashboard: 'javascript:alert(1)' }
    expect(alertNotification('dc1', { ...given, annotations, generatorURL: 'ftp://x' })).toMatchObject({
      fields: [{ label: 'Runbook', value: 'https://wiki.example.com/x' }],
      url: null,
    })
  })
})
