import { describe, expect, it } from 'vitest'
import { Failure, type FailureCode } from '../core/failure.ts'
import type { Reading, Target } from '../core/monitor-api.ts'
import { READ_TOGETHER_MAX } from './limits.ts'
import { shareReadings } from './share-readings.ts'

const target = (key: string): Target => ({ key, host: key, service: null, episode: null, labels: null })
const settled = (readings: readonly Promise<Reading>[]) =>
  Promise.allSettled(readings).then((all) => all.map(({ status }) => status))

/** A monitor that answers when it is let, and fails at what is bad. */
class Slow {
  readonly asked: string[][] = []
  now = 1_000
  fails: (keys: readonly string[]) => Error | null = () => null
  #answer: (() => void)[] = []
  readonly readOne = shareReadings({ read: (targets) => this.#read(targets) })

  /** Lets it answer what it was asked until now. */
  async answer(): Promise<void> {
    await this.soon()
    for (const one of this.#answer.splice(0)) one()
    await this.soon()
  }

  async soon(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done))
  }

  async #read(targets: readonly Target[]): Promise<Reading> {
    const keys = targets.map(({ key }) => key)
    const asOf = this.now
    this.asked.push(keys)
    await new Promise<void>((resolve) => this.#answer.push(resolve))
    const failure = this.fails(keys)
    if (failure !== null) throw failure
    return { asOf, checks: new Map() }
  }
}

describe('checks of a monitor', () => {
  it('that are asked for together are read together', async () => {
    const slow = new Slow()
    const all = settled(['a', 'b', 'c'].map((key) => slow.readOne(target(key))))
    await slow.answer()

    expect(await all).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(slow.asked).toEqual([['a', 'b', 'c']])
  })

  it('that are asked for while a reading is on its way are told of a later one, all of them of the same', async () => {
    const slow = new Slow()
    const first = slow.readOne(target('a'))
    await slow.soon()
    slow.now = 2_000
    const later = ['b', 'a'].map((key) => slow.readOne(target(key)))
    await slow.answer()
    await slow.answer()

    expect((await first).asOf).toBe(1_000)
    expect((await Promise.all(later)).map(({ asOf }) => asOf)).toEqual([2_000, 2_000])
    expect(slow.asked).toEqual([['a'], ['b', 'a']])
  })

  it('are read again when they are asked for again', async () => {
    const slow = new Slow()
    for (let time = 0; time < 2; time++) {
      const reading = slow.readOne(target('a'))
      await slow.answer()
      await reading
    }
    expect(slow.asked).toEqual([['a'], ['a']])
  })

  it('are read in bounded pieces', async () => {
    const slow = new Slow()
    const all = Array.from({ length: 2 * READ_TOGETHER_MAX + 1 }, (_, n) => slow.readOne(target(`${n}`)))
    for (let piece = 0; piece < 3; piece++) await slow.answer()
    await Promise.all(all)
    expect(slow.asked.map(({ length }) => length)).toEqual([READ_TOGETHER_MAX, READ_TOGETHER_MAX, 1])
  })
})

describe('a reading that fails', () => {
  const failure = (code: FailureCode) => new Failure(code, { kind: 'later' }, 'No.')

  it.each<[string, Error]>([
    ['for something that is not known', failure('not_found')],
    ['for something that is refused', failure('rejected')],
    ['for something whose answer is too long', failure('invalid')],
    ['for a fault of ours', new Error('A name that nobody thought of.')],
  ])('%s fails for that alone', async (_, error) => {
    const slow = new Slow()
    slow.fails = (keys) => (keys.includes('bad') ? error : null)
    const all = settled(['a', 'bad', 'c'].map((key) => slow.readOne(target(key))))
    for (let reading = 0; reading < 5; reading++) await slow.answer()

    expect(await all).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(slow.asked).toEqual([['a', 'bad', 'c'], ['a', 'bad'], ['a'], ['bad'], ['c']])
  })

  it('for one of very many is found to be about that one in few readings', async () => {
    const slow = new Slow()
    slow.fails = (keys) => (keys.includes('100') ? failure('rejected') : null)
    const names = Array.from({ length: READ_TOGETHER_MAX }, (_, n) => `${n}`)
    const all = settled(names.map((name) => slow.readOne(target(name))))
    for (let reading = 0; reading < 20; reading++) await slow.answer()

    expect((await all).filter((how) => how === 'rejected')).toHaveLength(1)
    expect(slow.asked.length).toBeLessThan(20)
  })

  it.each<FailureCode>(['unavailable', 'timeout', 'rate_limited', 'unauthorized'])(
    'because the monitor is %s fails for all, and nobody asks again by themselves',
    async (code) => {
      const slow = new Slow()
      slow.fails = () => failure(code)
      const all = settled(['a', 'b', 'c'].map((key) => slow.readOne(target(key))))
      await slow.answer()

      expect(await all).toEqual(['rejected', 'rejected', 'rejected'])
      expect(slow.asked).toHaveLength(1)
    },
  )

  it('does not keep the next from being read', async () => {
    const slow = new Slow()
    slow.fails = (keys) => (keys.includes('bad') ? failure('unavailable') : null)
    const first = settled([slow.readOne(target('bad'))])
    await slow.soon()
    const next = settled([slow.readOne(target('a'))])
    await slow.answer()
    await slow.answer()

    expect([await first, await next]).toEqual([['rejected'], ['fulfilled']])
  })
})
