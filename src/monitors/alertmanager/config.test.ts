import { describe, expect, it } from 'vitest'
import { config } from './config.ts'

const AT = { kind: 'alertmanager', urls: ['http://am1:9093', 'https://am2.example.com/prefix'] }
const faults = (given: object): readonly string[] =>
  config.safeParse(given).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []

describe('the settings of Alertmanager', () => {
  it('are few', () => {
    expect(config.parse(AT)).toMatchObject({ silenceMinutes: 15, insecure: false, adopt: false })
    expect(faults({ kind: 'alertmanager' })).toEqual([])
    expect(faults({ ...AT, user: 'u', password: 'p', receiver: 'slack' })).toEqual([])
    expect(faults({ ...AT, bearer: 'token' })).toEqual([])
  })

  it.each([
    [{ urls: [] }, 'urls'],
    [{ urls: ['am1:9093'] }, 'urls.0'],
    [{ urls: ['http://am1:9093/api/v2'] }, 'urls.0 has to end before /api'],
    [{ urls: ['http://am1:9093/?x=1'] }, 'urls.0 has to be without ?'],
    [{ urls: ['http://u:p@am1:9093'] }, 'urls.0 has to be without user and password'],
    [{ user: 'u' }, 'password is required where user is given'],
    [{ password: 'p' }, 'user is required where password is given'],
    [{ user: 'a:b', password: 'p' }, 'user must not hold a colon'],
    [{ user: 'u', password: 'p', bearer: 't' }, 'bearer stands instead of'],
    [{ bearer: 'two words' }, 'bearer has to be one word'],
    [{ urls: undefined, bearer: 't' }, 'urls is missing'],
    [{ silenceMinutes: 0 }, 'silenceMinutes'],
    [{ silenceMinutes: 1441 }, 'silenceMinutes'],
    [{ url: 'http://am1:9093' }, ''],
  ])('are refused with a sentence: %j', (wrong, beginning) => {
    const said = faults({ ...AT, ...wrong })
    expect(said.length).toBeGreaterThan(0)
    expect(said[0]?.startsWith(beginning)).toBe(true)
  })
})
