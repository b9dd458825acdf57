import { describe, expect, it } from 'vitest'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { systemClock } from '../../system/clock.ts'
import { config } from './config.ts'
import { checkmk } from './index.ts'

const WHOLE = { kind: 'checkmk', url: 'https://mon.example.com/prod', user: 'ackbridge', secret: 'abc-def' }
const around = { name: 'cmk', clock: new TestClock(), system: systemClock, log: new TestLog(), proxy: null }

function faults(given: object): string[] {
  const { error } = config.safeParse({ kind: 'checkmk', ...given })
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('the configuration of a Checkmk', () => {
  it('is whole or has no way to talk back', async () => {
    const api = checkmk.connect(config.parse(WHOLE), around)

    expect(api?.capabilities).toMatchObject({ acknowledge: true, expires: false, author: false })
    expect(checkmk.connect(config.parse({ kind: 'checkmk' }), around)).toBeNull()
    await api?.close()
  })

  it('names each key that is missing beside others', () => {
    const { url, user, secret } = WHOLE

    expect(faults({ url })).toEqual([
      'user is missing; with url alone nothing can be told to Checkmk',
      'secret is missing; with url alone nothing can be told to Checkmk',
    ])
    expect(faults({ user, secret })).toEqual([
      'url is missing; with user and secret alone nothing can be told to Checkmk',
    ])
  })

  it.each([
    ['url', 'mon.example.com/prod'],
    ['url', 'https://mon.example.com'],
    ['url', 'https://mon.example.com/'],
    ['url', 'https://user:pass@mon.example.com/prod'],
    ['user', 'two words'],
    ['user', ''],
    ['secret', 'ends in a line break\n'],
    ['secret', 'x\r\nX-Evil: 1'],
    ['secret', 'ü'],
  ])('refuses %s %j', (key, value) => {
    const [fault] = faults({ ...WHOLE, [key]: value })

    expect(fault).toMatch(new RegExp(`^${key} (has to|must)`))
    if (key === 'secret') expect(fault).not.toContain(value.trim())
  })

  it('keeps its shape for whoever looks for the nearest key', () => {
    expect(Object.keys(config.shape)).toEqual(
      expect.arrayContaining(['url', 'user', 'secret', 'pollSeconds']),
    )
    expect(faults({ ...WHOLE, sercet: 'x' })[0]).toMatch(/[Uu]nrecognized/)
  })

  it('names a file of certificates that cannot be read', () => {
    const settings = config.parse({ ...WHOLE, ca: '/nonexistent/ca.pem' })

    expect(() => checkmk.connect(settings, around)).toThrow('/nonexistent/ca.pem')
  })
})
