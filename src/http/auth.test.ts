import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { IntakeKey, IntakeKeys } from '../core/intake-key.ts'
import { newIntakeKey } from '../system/new-intake-key.ts'
import { createAuthenticate, keyOf, mayNotify } from './auth.ts'

const clock = { now: () => 0, monotonic: () => 0, timer: () => () => undefined }

/** Keys as a store would keep them. */
function keysOf(...entries: IntakeKey[]): IntakeKeys & { listed: number } {
  const keys = {
    listed: 0,
    list: () => {
      keys.listed++
      return entries
    },
    add: () => undefined,
    revoke: () => 0,
    version: () => entries.length,
  }
  return keys
}

function made(more: Partial<IntakeKey> = {}): { key: string; entry: IntakeKey } {
  const { key, id, digest } = newIntakeKey()
  const entry = {
    id,
    name: 'n',
    digest,
    monitors: ['dc1'],
    mayRead: false,
    channel: null,
    created: 0,
    revoked: null,
    ...more,
  }
  return { key, entry }
}

describe('a key', () => {
  it('is long, says which it is, and is another each time', () => {
    const [one, other] = [newIntakeKey(), newIntakeKey()]
    expect(one.key).toMatch(/^ab_[a-z2-9]{8}_[A-Za-z0-9_-]{32}$/)
    expect(one.key).toContain(one.id)
    expect(one.key).not.toBe(other.key)
  })

  it('opens what it was made for, and nothing when it is revoked, changed or of nobody', () => {
    const [good, revoked] = [made(), made({ revoked: 1 })]
    const authenticate = createAuthenticate(keysOf(good.entry, revoked.entry), ['shared'], clock)

    expect(authenticate(good.key)).toMatchObject({ monitors: ['dc1'], mayRead: false })
    expect(authenticate('shared')).toEqual({ monitors: ['*'], mayRead: false, channel: null })
    for (const wrong of [
      null,
      '',
      ' ',
      revoked.key,
      `${good.key}x`,
      good.key.slice(0, -1),
      good.key.toUpperCase(),
      `ab_${good.entry.id}_`,
      'share',
      'shared2',
      good.entry.id,
    ])
      expect(authenticate(wrong)).toBeNull()
  })

  it('opens nothing where no key is kept at all', () => {
    const authenticate = createAuthenticate(keysOf(), [], clock)
    for (const any of [null, '', 'x', newIntakeKey().key]) expect(authenticate(any)).toBeNull()
  })

  it('is looked up again only when another process has written, and not more than once a second', () => {
    let now = 0
    const keys = keysOf(made().entry)
    let version = 1
    const authenticate = createAuthenticate({ ...keys, list: keys.list, version: () => version }, [], {
      ...clock,
      monotonic: () => now,
    })

    for (let n = 0; n < 10; n++) authenticate(newIntakeKey().key)
    now = 5_000
    authenticate(newIntakeKey().key)
    expect(keys.listed).toBe(1)
    version = 2
    authenticate(newIntakeKey().key)
    expect(keys.listed).toBe(1)
    now = 6_000
    authenticate(newIntakeKey().key)
    expect(keys.listed).toBe(2)
  })

  it('speaks for the monitors it names, or for all', () => {
    const grant = { monitors: ['dc1'], mayRead: true, channel: null }
    expect([
      mayNotify(grant, 'dc1'),
      mayNotify(grant, 'dc2'),
      mayNotify({ ...grant, monitors: ['*'] }, 'dc2'),
    ]).toEqual([true, false, true])
    expect(mayNotify({ ...grant, monitors: [] }, 'dc1')).toBe(false)
  })

  it.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer  abc ' }, 'abc'],
    [{ 'x-api-key': ' abc ' }, 'abc'],
    [{ authorization: 'Basic YWJj', 'x-api-key': 'abc' }, 'abc'],
    [{ authorization: 'Bearer ' }, null],
    [{ authorization: 'Bearerabc' }, null],
    [{}, null],
  ])('is found in %j', (headers, key) => {
    expect(keyOf({ headers } as unknown as IncomingMessage)).toBe(key)
  })
})
