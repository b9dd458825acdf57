import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { TestLog } from '../../test/support/test-log.ts'
import type { ProblemView } from '../core/problem.ts'
import type { Look } from './bring-in-line.ts'
import { createWatchAbsence } from './watch-absence.ts'

const MINUTE = 60_000

function start() {
  const clock = new TestClock()
  const log = new TestLog()
  const watch = createWatchAbsence('am', clock, log)
  const lapses: string[] = []
  const begun = clock.now() - 60 * MINUTE
  return {
    log,
    /** Keys of what was found to be silent no longer, as often as it was found. */
    lapses,
    /** A look at so many open problems, of which these are not listed. @returns the keys of what is over */
    look: (
      absent: readonly string[],
      { open = 100, upSince = begun, means = true }: Partial<Look> & { means?: boolean } = {},
      answersSince = begun,
      silenceMs = null as number | null,
    ) => {
      const { over, lapsed } = watch.look(
        {
          asOf: clock.now(),
          open,
          absent: absent.map((key) => ({ check: { key, host: key, service: 'x' } }) as ProblemView),
          others: [],
          upSince,
        },
        means ? { silenceMs, answersSince } : null,
      )
      lapses.push(...lapsed.map(({ check }) => check.key))
      return over.map(({ key }) => key)
    },
    wait: (ms: number) => clock.advance(ms, async () => {}),
  }
}

const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `p${n}`)

describe('what a monitor does not list any more', () => {
  it('is over once that lasted five minutes, in every look', async () => {
    const { look, wait } = start()
    expect(look(['a'])).toEqual([])
    await wait(4 * MINUTE)
    expect(look(['a'])).toEqual([])
    await wait(MINUTE)
    expect(look(['a'])).toEqual(['a'])
  })

  it('begins anew when it was listed in between', async () => {
    const { look, wait } = start()
    look(['a'])
    await wait(4 * MINUTE)
    look([])
    await wait(2 * MINUTE)
    expect(look(['a'])).toEqual([])
  })

  it('means nothing where the kind does not say so', async () => {
    const { look, wait } = start()
    look(['a'], { means: false })
    await wait(10 * MINUTE)
    expect(look(['a'], { means: false })).toEqual([])
  })

  it('means nothing while the monitor is up for less than ten minutes', async () => {
    const { look, wait } = start()
    const upSince = Date.parse('2026-11-21T20:00:00Z')
    look(['a'], { upSince })
    await wait(6 * MINUTE)
    expect(look(['a'], { upSince })).toEqual([])
    await wait(4 * MINUTE)
    expect(look(['a'], { upSince })).toEqual(['a'])
  })

  it('means nothing while a monitor that tells no uptime answers for less than ten minutes', async () => {
    const { look, wait } = start()
    const since = Date.parse('2026-11-21T20:00:00Z')
    look(['a'], { upSince: null }, since)
    await wait(6 * MINUTE)
    expect(look(['a'], { upSince: null }, since)).toEqual([])
    await wait(4 * MINUTE)
    expect(look(['a'], { upSince: null }, since)).toEqual(['a'])
  })

  it('is not silent there any more once a silence had to be renewed, while it is not known to be over', async () => {
    const { look, wait, lapses } = start()
    const vanished = many(30)
    look(vanished, {}, 0, 15 * MINUTE)
    await wait(14 * MINUTE)
    look(vanished, {}, 0, 15 * MINUTE)
    expect(lapses).toEqual([])
    await wait(MINUTE)
    expect(look(vanished, {}, 0, 15 * MINUTE)).toEqual([])
    expect(lapses).toEqual(vanished)
  })

  it('closes none when many vanish at once, and tells the operator once', async () => {
    const { look, wait, log } = start()
    log.announce(/does not show many of its open problems/)
    look(many(21))
    await wait(10 * MINUTE)
    expect(look(many(21))).toEqual([])
    expect(log.lines).toHaveLength(1)
    expect(log.faults()).toEqual([])
  })

  it('believes a monitor that answers well without them for an hour, and others meanwhile', async () => {
    const { look, wait, log } = start()
    log.announce(/does not show many of its open problems/)
    look(many(21))
    await wait(30 * MINUTE)
    look([...many(21), 'alone'])
    await wait(5 * MINUTE)
    expect(look([...many(21), 'alone'])).toEqual(['alone'])
    await wait(25 * MINUTE)
    expect(look(many(21))).toHaveLength(21)
  })

  it.each([
    ['nine of ten are too few to be many', 9, 10],
    ['twenty of a hundred are not more than a fifth', 20, 100],
  ])('%s', async (_case, absent, open) => {
    const { look, wait } = start()
    look(many(absent), { open })
    await wait(5 * MINUTE)
    expect(look(many(absent), { open })).toHaveLength(absent)
  })
})
