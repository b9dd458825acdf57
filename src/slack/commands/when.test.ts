import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseWhen } from './when.ts'

// A Saturday, 15:00 in New York.
const NOW = Date.parse('2026-11-21T20:00:00Z')
const NEW_YORK = 'America/New_York'
const MINUTE = 60_000

const read = async (text: string, zone: string | null = NEW_YORK, now = NOW) => {
  const when = await parseWhen(text, zone, now)
  return when.kind === 'until'
    ? [new Date(when.at).toISOString().replace('.000Z', 'Z'), when.rest]
    : when.kind
}

describe('a span', () => {
  it.each([
    ['for 2h', 120, ''],
    ['for 2h on it', 120, 'on it'],
    ['FOR 2 Hours', 120, ''],
    ['for 90m', 90, ''],
    ['for 90 min x', 90, 'x'],
    ['for 1h30m', 90, ''],
    ['for 1h 30m x', 90, 'x'],
    ['for 1h, 30 minutes', 90, ''],
    ['for 1.5h', 90, ''],
    ['for 1,5 h', 90, ''],
    ['for 2 days', 2_880, ''],
    ['for 1w', 10_080, ''],
    ['for 2h 3 disks', 120, '3 disks'],
  ])('%s', async (text, minutes, rest) => {
    expect(await parseWhen(text, null, NOW)).toEqual({
      kind: 'until',
      at: NOW + minutes * MINUTE,
      rest,
      assumedUtc: false,
    })
  })

  it.each(['for ever', 'for', 'for 0m', 'for 5 disks', 'for 3 months', 'for 99999w', 'for h', 'for -1h'])(
    '%s is not clear',
    async (text) => {
      expect(await read(text)).toBe('unclear')
    },
  )
})

describe('a time', () => {
  it.each([
    ['until 17:30', '2026-11-21T22:30:00Z', ''],
    ['until 5pm then leave', '2026-11-21T22:00:00Z', 'then leave'],
    ['until 14:59', '2026-11-22T19:59:00Z', ''],
    ['until noon', '2026-11-22T17:00:00Z', ''],
    ['until midnight', '2026-11-22T05:00:00Z', ''],
    ['until tomorrow', '2026-11-22T14:00:00Z', ''],
    ['until tomorrow 9:00 vendor comes', '2026-11-22T14:00:00Z', 'vendor comes'],
    ['until tomorrow at 9am', '2026-11-22T14:00:00Z', ''],
    ['until monday', '2026-11-23T14:00:00Z', ''],
    ['until friday 17:00', '2026-11-27T22:00:00Z', ''],
    ['until 24 December', '2026-12-24T14:00:00Z', ''],
    ['until 24/12/2026 8:00', '2026-12-24T13:00:00Z', ''],
    ['until 2026-12-24 08:00', '2026-12-24T13:00:00Z', ''],
    ['until 2026-12-24T08:00:00Z', '2026-12-24T08:00:00Z', ''],
    ['until 23:00 UTC on it', '2026-11-21T23:00:00Z', 'on it'],
  ])('%s', async (text, iso, rest) => {
    expect(await read(text)).toEqual([iso, rest])
  })

  it.each([
    ['2026-10-31T20:00:00Z', NEW_YORK, 'until tomorrow 9:00', '2026-11-01T14:00:00Z'],
    ['2026-03-07T20:00:00Z', NEW_YORK, 'until tomorrow 9:00', '2026-03-08T13:00:00Z'],
    ['2026-03-28T20:00:00Z', 'Europe/Berlin', 'until 9:00', '2026-03-29T07:00:00Z'],
    ['2026-10-24T20:00:00Z', 'Europe/Berlin', 'until 9:00', '2026-10-25T08:00:00Z'],
    ['2026-03-28T20:00:00Z', 'Europe/Berlin', 'until tomorrow 2:30', '2026-03-29T01:30:00Z'],
    ['2026-11-21T23:30:00Z', 'Asia/Tokyo', 'until 9:00', '2026-11-22T00:00:00Z'],
    ['2026-11-21T23:30:00Z', 'Asia/Kolkata', 'until tomorrow 9:00', '2026-11-23T03:30:00Z'],
  ])('knows when clocks change: at %s in %s, “%s” is %s', async (now, zone, text, iso) => {
    expect(await read(text, zone, Date.parse(now))).toEqual([iso, ''])
  })

  it.each<[string | null, boolean]>([
    [null, true],
    ['', true],
    ['Mars/Olympus', true],
    ['UTC', false],
    [NEW_YORK, false],
  ])('in the zone %s is read as UTC for want of a better one: %s', async (zone, assumedUtc) => {
    expect(await parseWhen('until tomorrow 9:00', zone, NOW)).toMatchObject({ kind: 'until', assumedUtc })
  })

  it.each(['until', 'until the vendor comes at 9:00', 'until 25:99', 'until it works'])(
    '%s is not clear',
    async (text) => {
      expect(await read(text)).toBe('unclear')
    },
  )

  it('that is over by its date stays over', async () => {
    for (const text of ['until yesterday', 'until 2026-01-01 10:00', 'until 2020-05-05'])
      expect(await parseWhen(text, NEW_YORK, NOW)).toSatisfy(({ at }) => at < NOW)
  })
})

describe('anything else', () => {
  it.each(['', 'vendor comes', 'forever broken', 'untilted', '5pm', 'x for 2h'])(
    'is a comment: %s',
    async (text) => {
      expect(await parseWhen(text, NEW_YORK, NOW)).toEqual({ kind: 'none', rest: text })
    },
  )

  it('never makes it throw, and an end is always a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('for ', 'until '),
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom('1', '2', 'h', 'd', ':', ' ', 'pm', 'may ', '/') }),
        ),
        fc.constantFrom(NEW_YORK, null, 'Pacific/Apia'),
        async (word, text, zone) => {
          const when = await parseWhen(word + text, zone, NOW)
          if (when.kind === 'until') expect(Number.isFinite(when.at)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})
