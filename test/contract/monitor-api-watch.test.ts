import { describe, expect, it } from 'vitest'
import type { Hint } from '../../src/core/monitor-api.ts'
import { KIND_ROWS } from '../support/monitors/kinds.ts'
import type { Fault } from '../support/monitors/stand-in.ts'
import { ORDER, talkTo } from '../support/monitors/talk.ts'

/* What every kind of monitor owes that can tell by itself when something happens there. */

describe.each(KIND_ROWS.filter(({ listens }) => listens === true))('listening to $title', (row) => {
  async function listening() {
    const talk = await talkTo(row)
    const hints: Hint[] = []
    const stop = talk.api.watch?.((hint) => hints.push(hint))
    if (stop === undefined) throw new Error(`${row.title} cannot be listened to.`)
    const came = async (is: (hint: Hint) => boolean): Promise<void> => {
      for (let n = 0; n < 2_000 && !hints.some(is); n++) await new Promise((done) => setImmediate(done))
      expect(hints.some(is)).toBe(true)
      hints.length = 0
    }
    await came((hint) => hint === 'all')
    return { talk, stop, hints, came }
  }

  it('hints at the check to which something happened', async () => {
    const { talk, stop, came, hints } = await listening()
    const { monitor } = talk
    const changes: readonly ((host: string, service: string | null) => void)[] = [
      (host, service) => monitor.set({ host, service, state: service === null ? 'UP' : 'WARNING' }),
      (host, service) => monitor.set({ host, service, state: service === null ? 'DOWN' : 'CRITICAL' }),
      (host, service) => monitor.acknowledge(host, service, { author: 'jane', comment: 'mine' }),
      (host, service) => monitor.unacknowledge(host, service),
      (host, service) => monitor.downtime(host, service, true),
      (host, service) => monitor.downtime(host, service, false),
    ]
    for (const { host, service, key } of [talk.host, talk.service]) {
      for (const change of changes) {
        change(host, service)
        await came((hint) => hint !== 'all' && hint.includes(key))
        expect(hints.flat().filter((one) => one !== key)).toEqual([])
      }
    }
    await talk.api.acknowledge(talk.service, ORDER)
    await came((hint) => hint !== 'all' && hint.includes(talk.service.key))
    await stop()
    expect(talk.clock.pending).toBe(0)
  })

  it('begins again by itself, and says that anything may have changed meanwhile', async () => {
    const { talk, stop, came, hints } = await listening()
    await talk.behave('away')
    const settle = () => new Promise<void>((done) => setTimeout(done, 5))
    await talk.clock.advance(60_000, settle)
    expect(hints).toEqual([])
    await talk.behave('well')
    await talk.clock.advance(60_000, settle)
    await came((hint) => hint === 'all')

    talk.monitor.acknowledge(row.host, row.service, { author: 'jane', comment: 'mine' })
    await came((hint) => hint !== 'all' && hint.includes(talk.service.key))
    await stop()
    expect(talk.clock.pending).toBe(0)
  })

  it.each<Fault>(['away', 'hangs', 'garbage', 401, 403, 404, 500, 503])(
    'can be stopped while it cannot listen (%s), and says nothing it should not',
    async (fault) => {
      const { talk, stop, hints } = await listening()
      await talk.behave('away')
      await talk.behave(fault)
      const settle = () => new Promise<void>((done) => setTimeout(done, 2))
      await talk.clock.advance(10 * 60_000, settle)
      await stop()
      const heard = hints.length
      await talk.behave('well')
      await talk.clock.advance(10 * 60_000, settle)

      expect(hints.length).toBe(heard)
      expect(talk.clock.pending).toBe(0)
      talk.expectNoSecret()
    },
  )

  it('ends with the connection', async () => {
    const { talk } = await listening()
    await talk.api.close()
    expect(talk.clock.pending).toBe(0)
  })
})
