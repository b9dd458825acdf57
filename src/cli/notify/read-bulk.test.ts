import { describe, expect, test } from 'vitest'
import { groupBodies, parseBulk } from './read-bulk.ts'

describe('a bulk of notifications', () => {
  test('is blocks of variables behind the parameters', () => {
    const text =
      'PARAMETER_1=x\nPARAMETER_2=y=z\n\nWHAT=HOST\nOUT=a\u0001b=c\n\n\nNOTIFY_WHAT=SERVICE\nEMPTY=\n'

    expect(parseBulk(text, 'NOTIFY_').map((block) => ({ ...block }))).toEqual([
      { NOTIFY_WHAT: 'HOST', NOTIFY_OUT: 'a\nb=c' },
      { NOTIFY_WHAT: 'SERVICE', NOTIFY_EMPTY: '' },
    ])
  })

  test('may be without parameters, with other line ends, or of nonsense', () => {
    expect(parseBulk('\n\nWHAT=HOST\r\n\r\nWHAT=SERVICE\r\n', 'N_').map((block) => block['N_WHAT'])).toEqual([
      'HOST',
      'SERVICE',
    ])
    expect(parseBulk('', 'N_')).toEqual([])
    expect(parseBulk('no variable\n=x\n1A=x\na b=c\n\n\n', 'N_')).toEqual([])
    expect({ ...parseBulk('__proto__=x\nconstructor=y', '')[0] }).toEqual(
      JSON.parse('{"__proto__":"x","constructor":"y"}'),
    )
  })

  test('goes out in bodies that the server takes', () => {
    const small = Array.from({ length: 450 }, (_, at) => `{"n":${at}}`)
    const large = Array.from({ length: 5 }, () => JSON.stringify({ text: 'x'.repeat(400_000) }))

    expect(groupBodies([])).toEqual([])
    const groups = groupBodies([...small, ...large])
    expect(groups.flatMap((group) => JSON.parse(group) as unknown[])).toHaveLength(455)
    for (const group of groups) expect(Buffer.byteLength(group)).toBeLessThanOrEqual(1_000_000)
    expect(JSON.parse(groups[0] ?? '')).toHaveLength(200)
  })
})
