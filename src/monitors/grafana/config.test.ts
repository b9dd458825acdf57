import { describe, expect, it } from 'vitest'
import { config } from './config.ts'

const WELL = { kind: 'grafana', url: 'https://grafana.example.com/mon', token: 'glsa_x' }

function faults(given: object): readonly string[] {
  const { error } = config.safeParse(given)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('settings of grafana', () => {
  it('may be the kind alone, or all there is', () => {
    expect(config.parse({ kind: 'grafana' })).toMatchObject({ silenceMinutes: 15, insecure: false })
    const all = {
      ...WELL,
      orgId: 3,
      hmacSecret: 's',
      hmacHeader: 'X-Sig',
      hmacTimestampHeader: 'X-Time',
      silenceMinutes: 60,
      ca: '/etc/ca.pem',
      insecure: true,
    }
    expect(faults(all)).toEqual([])
  })

  it('name what is missing beside what is there', () => {
    expect(faults({ kind: 'grafana', url: WELL.url })).toEqual([
      'token is missing; with url alone nothing can be told to Grafana',
    ])
    expect(faults({ kind: 'grafana', token: 'x' })).toEqual([
      'url is missing; with token alone nothing can be told to Grafana',
    ])
    expect(faults({ ...WELL, hmacTimestampHeader: 'X-Time' })).toEqual([
      'hmacSecret is missing; hmacTimestampHeader means nothing without it',
    ])
  })

  it.each([
    { token: 'a b' },
    { token: 'a\n' },
    { token: '' },
    { url: 'ftp://x' },
    { url: 'https://me:pw@x' },
    { orgId: 0 },
    { orgId: 1.5 },
    { hmacSecret: '' },
    { hmacSecret: 's', hmacHeader: 'X Sig' },
    { hmacSecret: 's', hmacTimestampHeader: 'X-Time:' },
    { silenceMinutes: 0 },
    { silenceMinutes: 1441 },
    { nonsense: 1 },
  ])('refuse %j', (wrong) => {
    expect(faults({ ...WELL, ...wrong })).toHaveLength(1)
  })
})
