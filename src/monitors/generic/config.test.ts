import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../config/file.ts'
import { config } from './config.ts'

/** What is said of a monitor whose settings are these lines. */
function faults(...lines: string[]): readonly string[] {
  const text = `monitors:\n  app:\n    kind: generic\n${lines.map((line) => `    ${line}\n`).join('')}`
  const { faults: said } = parseConfigFile(text, 'a.yml', {}, new Map([['generic', config]]))
  return said.map((fault) => fault.replace('a.yml:', '').replace('monitors.app.', ''))
}

describe('the settings of a generic monitor', () => {
  it('may be none, a preset, a map, or both', () => {
    expect(faults()).toEqual([])
    expect(faults('preset: uptime-kuma')).toEqual([])
    expect(faults('map: { host: a }')).toEqual([])
    expect(faults('preset: healthchecks', 'map: { host: check.tags }')).toEqual([])
  })

  it.each([
    [['preset: kuma'], /^4: preset: has to be one of cloudevents/],
    [['preset: healthcheck'], /Did you mean healthchecks\?$/],
    [['map: {}'], /^4: map.host: is required: the path/],
    [['preset: cloudevents', 'map: { each: x }'], /^5: map.each: does not go with a preset/],
    [['map:', '  host: a', '  servce: b'], /^6: map.servce is not known. Did you mean service\?$/],
    [['map: { host: a b }'], /^4: map.host: has to be a path: .* is written \{ text: … \}\.$/],
    [['map: { host: "{a" }'], /^4: map.host: has to be a text in which each \{ has its \}/],
    [['map: { host: {labels.instance} }'], /^4: map.host.labels.instance is not known/],
    [['map: { host: { pth: a } }'], /^4: map.host.pth is not known. Did you mean path\?$/],
    [['map: { host: {} }'], /^4: map.host: needs path or text, and not both/],
    [['map: { host: { path: a, text: b } }'], /^4: map.host: needs path or text, and not both/],
    [['map: { host: 1 }'], /^4: map.host: has to be /],
    [
      ['map:', '  host: a', '  state: { path: b, values: { x: CRITCAL } }'],
      /^6: map.state.values.x: .*Did you mean CRITICAL\?$/,
    ],
    [
      ['map:', '  host: a', '  state: { path: b, default: RED }'],
      /^6: map.state.default: has to be one of OK/,
    ],
    [
      ['map:', '  host: a', '  type: { path: b, values: { x: SHOUT } }'],
      /^6: map.type.values.x: has to be one of PROBLEM/,
    ],
    [['map:', '  host: a', '  labels: { team: "{" }'], /^6: map.labels.team: has to be a text/],
    [['map:', '  host: a', '  labels: a b'], /^6: map.labels: has to be a path/],
    [['map:', '  host: a', '  fields: [{ label: x }]'], /^6: map.fields.0.value: is required/],
    [['map:', '  host: a', '  fields: x'], /^6: map.fields: has to be a list/],
  ])('%j is told by its line', (lines, said) => {
    expect(faults(...lines)).toEqual([expect.stringMatching(said)])
  })

  it('take numbers and truths for words', () => {
    expect(
      faults('map: { host: a, state: { path: b, values: { 0: DOWN, true: UP } }, service: { text: x } }'),
    ).toEqual([])
    expect(faults('map: { host: a, output: { path: b, default: 0, values: { 1: true } } }')).toEqual([])
  })

  it('never repeat a value', () => {
    for (const line of ['map: { host: hunter2 x }', 'map: { host: "{hunter2" }', 'preset: hunter2'])
      expect(faults(line).join()).not.toContain('hunter2')
  })
})
