import { describe, expect, it } from 'vitest'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { systemClock } from '../../system/clock.ts'
import { config } from './config.ts'
import { zabbix } from './index.ts'

const WHOLE = { kind: 'zabbix', url: 'https://mon.example.com/zabbix', token: 'abc123' }
const around = { name: 'zbx', clock: new TestClock(), system: systemClock, log: new TestLog(), proxy: null }

function faults(given: object): string[] {
  const { error } = config.safeParse({ kind: 'zabbix', ...given })
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('the configuration of a Zabbix', () => {
  it('is whole or has no way to talk back', async () => {
    const api = zabbix.connect(config.parse(WHOLE), around)

    expect(api?.capabilities).toMatchObject({ acknowledge: true, downtime: false, sticky: false })
    expect(zabbix.connect(config.parse({ kind: 'zabbix' }), around)).toBeNull()
    await api?.close()
  })

  it('names what is missing beside the other', () => {
    expect(faults({ url: WHOLE.url })).toEqual([
      'token is missing; with url alone nothing can be told to Zabbix',
    ])
    expect(faults({ token: 'abc' })).toEqual([
      'url is missing; with token alone nothing can be told to Zabbix',
    ])
  })

  it.each([
    ['url', 'mon.example.com'],
    ['url', 'https://user:pass@mon.example.com'],
    ['token', ''],
    ['token', 'abc\n'],
    ['token', 'a"b'],
    ['token', 'a b'],
  ])('refuses %s %j', (key, value) => {
    expect(faults({ ...WHOLE, [key]: value })[0]).toMatch(new RegExp(`^${key} has to`))
  })
})
