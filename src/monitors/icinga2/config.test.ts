import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { config } from './config.ts'

const WHOLE = { kind: 'icinga2', url: 'https://icinga:5665', user: 'ackbridge', password: 'x' }

function faults(settings: object): string[] {
  return config.safeParse(settings).error?.issues.map(({ path, message }) => `${path}: ${message}`) ?? []
}

describe('the settings', () => {
  it('are an object whose names can be looked up', () => {
    expect(config).toBeInstanceOf(z.ZodObject)
    expect(Object.keys(config.shape)).toEqual(
      expect.arrayContaining(['url', 'user', 'password', 'ca', 'events']),
    )
  })

  it('are whole, or name no way back at all', () => {
    expect(config.parse(WHOLE)).toMatchObject({ insecure: false, events: true, pollSeconds: 60 })
    expect(config.parse({ kind: 'icinga2' })).toMatchObject({ kind: 'icinga2' })
    expect(faults({ kind: 'icinga2', url: WHOLE.url })).toEqual([
      'user: is required where url is given',
      'password: is required where url is given',
    ])
    expect(faults({ kind: 'icinga2', password: 'x', ca: '/ca' })).toEqual([
      'url: is required where password is given',
      'user: is required where password is given',
    ])
    expect(faults({ kind: 'icinga2', ca: '/ca' })).toHaveLength(3)
  })

  it('say what is wrong with each', () => {
    expect(faults({ ...WHOLE, url: 'https://icinga:5665/v1' })).toEqual([
      'url: has to end before /v1, such as https://icinga.example.com:5665',
    ])
    expect(faults({ ...WHOLE, user: 'a:b' })[0]).toMatch(/^user: must not hold a colon/)
    expect(faults({ ...WHOLE, url: 'icinga' })).toHaveLength(1)
    expect(faults({ ...WHOLE, unknown: 1 })).toHaveLength(1)
  })
})
