import { describe, expect, it } from 'vitest'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { systemClock } from '../../system/clock.ts'
import { config } from './config.ts'
import { openitcockpit } from './index.ts'

const around = { name: 'oitc', clock: new TestClock(), system: systemClock, log: new TestLog(), proxy: null }
const kind = 'openitcockpit'
const url = 'https://monitoring.example'

describe('the configuration of an openITCOCKPIT', () => {
  it('may name no way to talk back: then it is only heard', () => {
    const settings = config.parse({ kind })

    expect(settings).toEqual({ kind, pollSeconds: 60, adopt: false })
    expect(openitcockpit.connect(settings, around)).toBeNull()
  })

  it('names address and key, and opens nothing by that', async () => {
    const api = openitcockpit.connect(config.parse({ kind, url, apiKey: 'abc', insecure: true }), around)

    expect(api?.capabilities).toMatchObject({
      read: true,
      comment: false,
      expires: false,
      removeDowntime: true,
    })
    await api?.close()
  })

  it.each([
    [{ url }, 'apiKey', 'is needed beside url: leave out both, or give both'],
    [{ apiKey: 'abc' }, 'url', 'is needed beside apiKey: leave out both, or give both'],
    [
      { url: 'monitoring.example', apiKey: 'abc' },
      'url',
      'has to be an address that begins with https:// or http://',
    ],
    [{ url, apiKey: 'a\nb' }, 'apiKey', 'has to be one word of letters, digits and signs'],
    [{ url, apiKey: '' }, 'apiKey', 'must not be empty'],
  ])('is refused at the key that is wrong: %j', (given, at, message) => {
    const { error } = config.safeParse({ kind, ...given })

    expect(error?.issues[0]).toMatchObject({ path: [at], message })
    expect(error?.message).not.toContain('abc')
  })

  it('tells which keys it takes', () => {
    expect(Object.keys(config.shape)).toEqual(
      expect.arrayContaining([
        'kind',
        'pollSeconds',
        'adopt',
        'expectEvery',
        'url',
        'apiKey',
        'ca',
        'insecure',
      ]),
    )
    expect(config.safeParse({ kind, uri: url }).success).toBe(false)
  })

  it('says which file of certificates cannot be read', () => {
    const settings = config.parse({ kind, url, apiKey: 'abc', ca: '/no/such/file.pem' })

    expect(() => openitcockpit.connect(settings, around)).toThrow('/no/such/file.pem')
  })
})
