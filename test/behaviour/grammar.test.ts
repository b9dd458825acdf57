import { beforeEach, describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

/* What people type behind /ack, and what is made of it. It is 15:00 in New York, where ben is. */

const YAML = 'monitors: { dc1: { kind: nagios }, dc2: { kind: nagios } }\n'

let world: World
beforeEach(async () => {
  world = await startWorld({ yaml: YAML })
})

async function bad(host: string, service?: string, more: object = {}): Promise<void> {
  await world.notify({
    monitor: 'dc1',
    host,
    service,
    state: service === undefined ? 'DOWN' : 'CRITICAL',
    output: 'out of order',
    ...more,
  })
}

const ben = (line: string): Promise<string> => world.as('ben').types(line)

/** Who has what: `host / service: comment`. */
async function taken(): Promise<string[]> {
  const rows = await world.record({ kinds: ['acknowledgement'] })
  return rows.map(
    ({ host, service, comment }) => `${host}${service === null ? '' : ` / ${service}`}: ${comment ?? ''}`,
  )
}

/** 22:00 UTC, in seconds. */
const TEN = Date.parse('2026-11-21T22:00:00Z') / 1000

const at = (iso: string): string => `<!date^${Date.parse(iso) / 1000}^`

describe('names', () => {
  it.each([
    ['/ack web01 HTTP', 'web01 / HTTP: '],
    ['/ack WEB01 http', 'web01 / HTTP: '],
    ['/ack web01 HTTP on it', 'web01 / HTTP: on it'],
    ['/ack web01 HTTP Error Rate', 'web01 / HTTP Error Rate: '],
    ['/ack web01 HTTP Error Rate is mine', 'web01 / HTTP Error Rate: is mine'],
    ['/ack web01 "HTTP Error Rate" is mine', 'web01 / HTTP Error Rate: is mine'],
    ['/ack web01 “HTTP Error Rate” is mine', 'web01 / HTTP Error Rate: is mine'],
    ['/ack web01 „HTTP Error Rate“ is mine', 'web01 / HTTP Error Rate: is mine'],
    ['/ack web01 ‘HTTP Error Rate’ is mine', 'web01 / HTTP Error Rate: is mine'],
    ["/ack 'web01' 'HTTP Error Rate'", 'web01 / HTTP Error Rate: '],
    ['/ack web01 Disk /var', 'web01 / Disk /var: '],
    ['/ack web01 Disk /var/log full again', 'web01 / Disk /var/log: full again'],
    ['/ack web01 Website', 'web01 / Website: '],
    ['/ack web01 vhost_3', 'web01 / Website: '],
    ['/ack web01 / HTTP', 'web01 / HTTP: '],
    ['/ack web01 / Disk /var on it', 'web01 / Disk /var: on it'],
    ['/ack dc1/web01 HTTP', 'web01 / HTTP: '],
    ['/ack DC1/web01 HTTP', 'web01 / HTTP: '],
    ['/ack  web01   HTTP   two  blanks ', 'web01 / HTTP: two  blanks'],
    ['/ack web01 R&amp;D &lt;prod&gt; a &amp; b', 'web01 / R&D <prod>: a & b'],
  ])('%s', async (line, expected) => {
    for (const service of ['HTTP', 'HTTP Error Rate', 'Disk /var', 'Disk /var/log', 'R&D <prod>'])
      await bad('web01', service)
    await bad('web01', 'vhost_3', { serviceDisplayName: 'Website' })

    expect(await ben(line)).toMatch(/^You have /)

    expect(await taken()).toEqual([expected])
  })

  it.each([
    ['/ack Main Database Ping', 'Main Database / Ping: '],
    ['/ack "Main Database" Ping', 'Main Database / Ping: '],
    ['/ack main database ping slow', 'Main Database / Ping: slow'],
    ['/ack db1.example.org Ping', 'Main Database / Ping: '],
    ['/ack dc1/Main Database Ping', 'Main Database / Ping: '],
  ])('display names of hosts, with blanks and without quotes: %s', async (line, expected) => {
    await bad('db1.example.org', 'Ping', { hostDisplayName: 'Main Database' })
    await bad('main', 'Ping')

    await ben(line)

    expect(await taken()).toEqual([expected])
  })

  it('the same host in two monitors asks which, and MONITOR/HOST says it', async () => {
    await bad('web01', 'HTTP')
    await bad('web01', 'HTTP', { monitor: 'dc2' })

    expect(await ben('/ack web01 HTTP')).toContain('matches 2 open problems. Which one?')
    expect(await taken()).toEqual([])

    expect(await ben('/ack dc2/web01 HTTP')).toContain('dc2 is not told')
    expect(textOf(world.card('(dc1)'))).toContain('Nobody has it yet.')
  })

  it('a host whose name has a slash is not taken for a monitor’s', async () => {
    await bad('dc1/web01', 'HTTP')

    expect(await ben('/ack dc1/web01 HTTP')).toContain('You have dc1/web01 / HTTP')
  })
})

describe('a host alone', () => {
  it('means its own problem', async () => {
    await bad('web01')
    await bad('web01', 'HTTP')

    expect(await ben('/ack web01 rebooting it')).toContain('You have web01.')
    expect(await taken()).toEqual(['web01: rebooting it'])
  })

  it('means its only service problem', async () => {
    await bad('web01', 'HTTP')
    await bad('web01', 'SSH')
    await world.notify({ monitor: 'dc1', host: 'web01', service: 'SSH', state: 'OK' })

    expect(await ben('/ack web01')).toContain('You have web01 / HTTP')
  })

  it('asks privately when several of its services have one', async () => {
    await bad('web01', 'HTTP')
    await bad('web01', 'SSH')

    const answer = await ben('/ack web01 for 2h rack moves')

    expect(answer).toContain('“web01” matches 2 open problems. Which one?')
    expect(answer).toContain('web01 / HTTP')
    expect(answer).toContain('web01 / SSH')
    expect(await taken()).toEqual([])
  })

  it('that is fine is said to be', async () => {
    await world.notify({ monitor: 'dc1', host: 'web01', state: 'UP' })

    expect(await ben('/ack web01')).toBe('web01 has no open problem.')
  })
})

describe('a list of choices', () => {
  const choices = async (line: string): Promise<string> => {
    await ben(line)
    return world.playground.workspace.ephemerals(world.playground.people.ben).at(-1)?.ts ?? ''
  }

  beforeEach(async () => {
    await bad('web01', 'HTTP')
    await bad('web01', 'SSH')
    await bad('web01', 'Load')
  })

  it('takes the one that is chosen, with comment and end, and says so', async () => {
    const list = await choices('/ack web01 for 2h rack moves')

    await world.as('ben').clickPrivate({ index: 2 }, list)

    expect(await taken()).toEqual(['web01 / SSH: rack moves'])
    expect(JSON.stringify(world.card('web01 / SSH'))).toContain(`"timestamp":${TEN}`)
    expect(world.told('ben').at(-1)).toContain(`You have web01 / SSH, until ${at('2026-11-21T22:00:00Z')}`)
  })

  it('takes all at once, with comment and end, and says so in one answer', async () => {
    const list = await choices('/ack web01 * for 2h rack moves')

    await world.as('ben').clickPrivate('Acknowledge all 3', list)

    expect((await taken()).sort()).toEqual([
      'web01 / HTTP: rack moves',
      'web01 / Load: rack moves',
      'web01 / SSH: rack moves',
    ])
    expect(world.told('ben')).toHaveLength(2)
    expect(world.told('ben').at(-1)).toMatch(/^You have web01 \/ HTTP, web01 \/ Load and web01 \/ SSH, until/)
  })

  it('tells which of all were not to be had, and why', async () => {
    const list = await choices('/ack web01')
    await world.as('ann').types('/ack web01 SSH')
    await world.notify({ monitor: 'dc1', host: 'web01', service: 'Load', state: 'OK' })

    await world.as('ben').clickPrivate('Acknowledge all 3', list)

    const said = world.told('ben').at(-1)
    expect(said).toContain('You have web01 / HTTP.')
    expect(said).toContain('ann has web01 / SSH already.')
    expect(said).toContain('web01 / Load: web01 / Load is over since')
    expect(world.told('ben')).toHaveLength(2)
  })

  it('shows who has what already, and offers only the others', async () => {
    await world.as('ann').types('/ack web01 SSH')

    const answer = await ben('/ack web01')

    expect(answer).toContain('ann has it')
    expect(answer).toContain('Acknowledge all 2')
  })

  it('keeps the end and what fits of the comment when the comment is long', async () => {
    const list = await choices(`/ack web01 for 2h ${'very long "story" '.repeat(200)}`)

    await world.as('ben').clickPrivate({ index: 0 }, list)

    expect(await taken()).toEqual([expect.stringMatching(/^web01 \/ HTTP: very long "story" /)])
    expect(JSON.stringify(world.card('web01 / HTTP'))).toContain(`"timestamp":${TEN}`)
  })

  it('acts once, however often it is pressed', async () => {
    const list = await choices('/ack web01')

    await world.as('ben').clickPrivate({ index: 0 }, list)
    await world.as('ben').clickPrivate({ index: 0 }, list)

    expect(await taken()).toHaveLength(1)
  })
})

describe('an asterisk', () => {
  beforeEach(async () => {
    await bad('web01', 'HTTP')
    await bad('web02', 'HTTP')
    await bad('db01', 'Load')
  })

  it.each([
    ['/ack web*', '“web∗” matches 2'],
    ['/ack * HTTP', '“∗ HTTP” matches 2'],
    ['/ack *', '“∗” matches 3'],
    ['/ack dc1/web* HTTP', 'matches 2'],
  ])('%s asks, because it matches several', async (line, expected) => {
    expect(await ben(line)).toContain(expected)
    expect(await taken()).toEqual([])
  })

  it.each([
    ['/ack db*', 'db01 / Load: '],
    ['/ack * Load too much', 'db01 / Load: too much'],
    ['/ack web01 H*', 'web01 / HTTP: '],
  ])('%s takes the only one', async (line, expected) => {
    await ben(line)

    expect(await taken()).toEqual([expected])
  })

  it('that matches nothing says so', async () => {
    expect(await ben('/ack mail*')).toContain('No open problem matches “mail∗”')
  })

  it('is needed for a pattern: a question mark in a comment is none', async () => {
    expect(await ben('/ack db01 again? looking')).toContain('You have db01 / Load')
    expect(await taken()).toEqual(['db01 / Load: again? looking'])
  })
})

describe('what is not known', () => {
  beforeEach(async () => {
    await bad('web01', 'HTTP')
    await bad('web01', 'Load average')
  })

  it.each([
    ['/ack wbe01 HTTP', 'No open problem matches “wbe01”. Did you mean *web01*?'],
    ['/ack web HTTP', 'Did you mean *web01*?'],
    ['/ack web01 HTPP', 'No open problem matches “web01 HTPP”. Did you mean *web01 HTTP*?'],
    ['/ack web01 load', 'Did you mean *web01 Load average*?'],
    ['/ack web01 "Lode average"', 'Did you mean *web01 Load average*?'],
    ['/ack zzz', 'No open problem matches “zzz”. `/problems` shows what is open.'],
    ['/unack wbe01', 'Did you mean *web01*?'],
    ['/history wbe01', 'Did you mean *web01*?'],
  ])('%s', async (line, expected) => {
    expect(await ben(line)).toContain(expected)
    expect(await taken()).toEqual([])
  })

  it.each(['/unack web01 Mail', '/history web01 Mail', '/unack web01 HTTP please'])(
    '%s names nothing, and is not taken for the host',
    async (line) => {
      await world.as('ann').types('/ack web01 HTTP')

      const said = line.startsWith('/history') ? 'Nothing was ever heard of' : 'No open problem matches'
      expect(await ben(line)).toContain(`${said} “${line.split(' ').slice(1).join(' ')}”`)

      expect(textOf(world.card('web01 / HTTP'))).toContain('ann has it since')
    },
  )
})

describe('until when', () => {
  beforeEach(() => bad('web01', 'HTTP'))

  it.each([
    ['for 2h', '2026-11-21T22:00:00Z'],
    ['for 90 minutes', '2026-11-21T21:30:00Z'],
    ['for 1h30m', '2026-11-21T21:30:00Z'],
    ['until 17:30', '2026-11-21T22:30:00Z'],
    ['until 5pm', '2026-11-21T22:00:00Z'],
    ['until 14:00', '2026-11-22T19:00:00Z'],
    ['until tomorrow 9:00', '2026-11-22T14:00:00Z'],
    ['until tomorrow', '2026-11-22T14:00:00Z'],
    ['until Monday 8am', '2026-11-23T13:00:00Z'],
    ['until 2026-12-24 18:00', '2026-12-24T23:00:00Z'],
    ['UNTIL Tomorrow 9:00', '2026-11-22T14:00:00Z'],
  ])('“%s” is read in the person’s zone', async (when, iso) => {
    const answer = await ben(`/ack web01 HTTP ${when} vendor comes`)

    expect(answer).toBe(
      `You have web01 / HTTP, until ${at(iso)}{date_short_pretty} at {time}|${iso.slice(0, 16).replace('T', ' ')} UTC>. Kept here only: dc1 is not told.`,
    )
    expect(await taken()).toEqual(['web01 / HTTP: vendor comes'])
  })

  it('works without a comment, and for a host alone', async () => {
    expect(await ben('/ack web01 for 2h')).toContain(at('2026-11-21T22:00:00Z'))
    expect(await taken()).toEqual(['web01 / HTTP: '])
  })

  it.each([
    ['for ever', '“for ever” is not understood as a time. Try'],
    ['until the vendor comes', '“until the vendor” is not understood as a time'],
    ['for 0m', 'is not understood as a time'],
    ['until', '“until” is not understood as a time'],
    ['until 2026-01-01 10:00', 'That time is over already.'],
    ['until yesterday', 'That time is over already.'],
  ])('“%s” changes nothing and says why', async (when, expected) => {
    expect(await ben(`/ack web01 HTTP ${when}`)).toContain(expected)
    expect(await taken()).toEqual([])
  })

  it.each(['', 'Mars/Olympus'])('reads UTC where the zone is “%s”, and says so', async (zone) => {
    world.playground.setUser(world.playground.people.ben, { zone })

    const answer = await ben('/ack web01 HTTP until tomorrow 9:00')

    expect(answer).toContain(at('2026-11-22T09:00:00Z'))
    expect(answer).toContain('Your time zone is not known, so the time was read as UTC.')
  })

  it('needs no zone for a span, and says nothing of it', async () => {
    world.playground.setUser(world.playground.people.ben, { zone: '' })

    expect(await ben('/ack web01 HTTP for 2h')).not.toContain('UTC. ')
    expect(world.told('ben').at(-1)).not.toContain('time zone')
  })

  it('is said again when only a comment is added', async () => {
    await ben('/ack web01 HTTP for 2h')

    expect(await ben('/ack web01 HTTP waiting for parts')).toContain(at('2026-11-21T22:00:00Z'))
    expect(textOf(world.card())).toContain('“waiting for parts”')
  })
})

describe('/ack alone', () => {
  it('opens a form of what nobody has, worst first', async () => {
    await bad('web01', 'HTTP', { state: 'WARNING' })
    await bad('web02')
    await bad('web03', 'HTTP')
    await world.as('ann').types('/ack web03 HTTP')

    await ben('/ack')

    const [view] = world.playground.workspace.views(world.playground.people.ben)
    const said = textOf(view)
    expect(said).toContain('Problem')
    expect(said.indexOf('DOWN web02')).toBeLessThan(said.indexOf('WARNING web01 / HTTP'))
    expect(said).not.toContain('web03')
  })

  it('says so when there is none', async () => {
    expect(await ben('/ack')).toBe('Nothing is open that nobody has. 🟢')
  })

  it('shows a list where the form cannot be opened', async () => {
    await bad('web01', 'HTTP')
    await bad('web02', 'HTTP')
    world.playground.faults.next('views.open', { kind: 'error', error: 'expired_trigger_id' })
    world.expectRefusal('expired_trigger_id')

    expect(await ben('/ack')).toContain('Nobody has these 2 problems. Which one do you take?')
  })
})
