import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAdmission, type Pass } from './admission.ts'
import type { HeldMax } from './limits.ts'

const MAX: HeldMax = { requests: 12, bytes: 1_000, bytesHard: 1_200, notifications: 100 }

function enter(admission: ReturnType<typeof createAdmission>, sender: string | null, bytes = 0): Pass {
  const entered = admission.enter(sender, bytes)
  if (typeof entered === 'string') throw new Error(`not let in: ${entered}`)
  return entered
}

describe('what may be held at once', () => {
  it('is half of it for the only sender, and the other half stays for one who comes new', () => {
    const admission = createAdmission(MAX)
    for (let n = 0; n < 6; n++) enter(admission, 'loud')

    expect(admission.enter('loud', 0)).toBe('share')
    expect(admission.enter('new', 0)).toBeTypeOf('object')
  })

  it('is shared by those that hold something, and given back', () => {
    const admission = createAdmission(MAX)
    const loud = Array.from({ length: 6 }, () => enter(admission, 'loud'))
    for (let n = 0; n < 4; n++) enter(admission, 'other')
    expect(admission.enter('other', 0)).toBe('share')
    expect(admission.enter('third', 0)).toBeTypeOf('object')

    for (const pass of loud) pass.leave()
    expect(admission.enter('loud', 0)).toBeTypeOf('object')
  })

  it('counts notifications that wait as well as requests', () => {
    const admission = createAdmission(MAX)
    const pass = enter(admission, 'loud')
    pass.holds(50)
    expect(admission.enter('loud', 0)).toBe('share')
    enter(admission, 'other').holds(60)
    expect(admission.enter('third', 0)).toBe('full')

    pass.leave()
    expect(admission.enter('third', 0)).toBeTypeOf('object')
  })

  it('lets in nobody whose body is announced too large for what is left', () => {
    const admission = createAdmission(MAX)
    expect(enter(admission, null).grow(900)).toBe(true)
    expect(admission.enter(null, 301)).toBe('full')
    expect(admission.enter(null, 299)).toBeTypeOf('object')
  })

  it('has room above the limit for bodies that are on their way, and no more', () => {
    const admission = createAdmission(MAX)
    const pass = enter(admission, null)
    expect(pass.grow(1_000)).toBe(true)
    expect(admission.enter(null, 0)).toBe('full')
    expect(pass.grow(200)).toBe(true)
    expect(pass.grow(1)).toBe(false)
    pass.leave()
    expect(admission.held()).toEqual({ requests: 0, bytes: 0, notifications: 0 })
  })

  it('is never exceeded, and comes back to nothing, whatever comes and goes', () => {
    const step = fc.record({
      sender: fc.constantFrom('a', 'b', 'c', null),
      bytes: fc.nat(400),
      notifications: fc.nat(20),
      leaves: fc.nat(20),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const admission = createAdmission(MAX)
        const open: Pass[] = []
        for (const { sender, bytes, notifications, leaves } of steps) {
          const entered = admission.enter(sender, bytes)
          if (typeof entered !== 'string') {
            open.push(entered)
            entered.grow(bytes)
            entered.holds(notifications)
          }
          if (leaves < open.length) open.splice(leaves, 1)[0]?.leave()
          const held = admission.held()
          expect(held.requests).toBeLessThanOrEqual(MAX.requests)
          expect(held.bytes).toBeLessThanOrEqual(MAX.bytesHard)
          expect(held.notifications).toBeLessThan(MAX.notifications + 20)
        }
        for (const pass of open) pass.leave()
        expect(admission.held()).toEqual({ requests: 0, bytes: 0, notifications: 0 })
      }),
    )
  })
})
