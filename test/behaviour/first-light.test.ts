import { describe, expect, it } from 'vitest'
import { startWorld, textOf } from '../support/world.ts'

const CRITICAL = {
  host: 'web01',
  service: 'HTTP',
  state: 'CRITICAL',
  output: 'Socket timeout after 10 seconds',
}

describe.each(['http', 'socket'] as const)('a problem, from the alert to its end (%s)', (transport) => {
  it('becomes one card, is taken by a button, and ends green', async () => {
    const world = await startWorld({ transport })

    const answer = await world.notify(CRITICAL)

    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({
      accepted: 1,
      problems: [{ host: 'web01', service: 'HTTP', state: 'CRITICAL', outcome: 'opened' }],
    })
    expect(world.card().text).toBe('CRITICAL web01 / HTTP: Socket timeout after 10 seconds (native)')
    expect(textOf(world.card())).toContain('Nobody has it yet.')

    await world.as('ann').click('Acknowledge')

    expect(textOf(world.card())).toContain('ann has it since')
    expect(textOf(world.card())).toContain('Kept here only: native is not told.')
    expect(world.thread()).toEqual([
      expect.stringContaining('ann acknowledged (kept here only: native is not told)'),
    ])

    await world.advance(5 * 60_000)
    await world.notify({ ...CRITICAL, state: 'OK', output: 'HTTP OK' })

    expect(world.card().text).toBe('OK web01 / HTTP: HTTP OK (native)')
    expect(textOf(world.card())).toContain('Recovered after 5 min. ann had it after 0 s.')
    expect(JSON.stringify(world.card())).not.toContain('"button"')
  })

  it('is taken by /ack, listed by /status, and given back', async () => {
    const world = await startWorld({ transport })
    await world.notify(CRITICAL)

    expect(await world.as('ann').types('/ack web01 HTTP until tomorrow 9:00 vendor comes')).toContain(
      'You have web01 / HTTP, until',
    )
    expect(textOf(world.card())).toContain('“vendor comes”')
    expect(await world.as('ben').types('/status')).toContain('1 open')
    expect(await world.as('ben').types('/ack web01 HTTP')).toContain('ann has web01 / HTTP since')

    expect(await world.as('ann').types('/unack web01 HTTP')).toContain('is removed')
    expect(textOf(world.card())).toContain('Nobody has it yet.')
  })

  it('is in the record, every step of it', async () => {
    const world = await startWorld({ transport })
    await world.notify(CRITICAL)
    await world.as('ann').click('Acknowledge')
    await world.as('guest').click('Remove acknowledgement')
    await world.notify({ ...CRITICAL, state: 'OK' })

    const history = await world.history('&host=web01')

    expect(history.map(({ kind, outcome, actor }) => [kind, outcome, actor?.name ?? null])).toEqual([
      ['notification', 'opened', null],
      ['delivery', 'posted', null],
      ['acknowledgement', 'not_supported', 'ann'],
      ['refusal', 'guest', expect.any(String)],
      ['notification', 'closed', null],
    ])
  })
})
