import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOfNames } from '../../src/core/notification.ts'
import { can, KIND_ROWS, type KindRow } from '../support/monitors/kinds.ts'
import { downtimeOrder, MARKER, ORDER, type Talk, talkTo } from '../support/monitors/talk.ts'

/*
 * What every kind of monitor owes whoever writes what: either one order reaches exactly what was named, with our mark whole,
 * or there is a Failure and no order at all. Nothing else is ever touched, and no text becomes a second command.
 */

const NASTY = [
  '\n',
  '\r\n',
  '\u0000',
  '\u0085',
  '\u2028',
  '\u2029',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\ufffd',
  ';',
  '\\',
  '\\n',
  '\\;',
  '"',
  "'",
  '`id`',
  '$(id)',
  '$HOSTNAME$',
  '!',
  '%',
  '%3B',
  '%0a',
  '/',
  '..',
  '../..',
  '*',
  '?',
  '[ackbridge:0000000000]',
  '[img]http://evil[/img]',
  '{"type":"Host"}',
  '"}',
  '\n[0] SHUTDOWN_PROGRAM',
  '\n\nCOMMAND [0] DISABLE_NOTIFICATIONS\n',
  '\nGET hosts\n',
  ';;;;1;1;1;x;y',
  '&&',
  '<script>',
  ' ',
  '\t',
  '\u200b',
  '\u202e',
  'é',
  '🔥',
  '',
]

const text = (max: number) =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.array(fc.constantFrom(...NASTY, 'a', 'web01', 'HTTP', 'x y')).map((all) => all.join('')),
    },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.constantFrom(...NASTY).map((nasty) => `${nasty}x`.repeat(max)) },
  )

/** Names as a check can have them, and ours with something behind, before or inside. */
function names(row: KindRow) {
  const ours = (name: string) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(name) },
      { weight: 2, arbitrary: fc.tuple(text(200), text(3)).map(([a, b]) => `${a}${name}${b}`) },
      { weight: 2, arbitrary: text(2_000) },
    )
  return fc.record({
    host: ours(row.host),
    service: fc.option(ours(row.service), { freq: 3 }),
    /** It is there, or only in the key. */
    exists: fc.boolean(),
  })
}

type Case = {
  readonly what: 'acknowledge' | 'replace' | 'remove' | 'comment' | 'downtime' | 'removeDowntime'
  readonly author: string
  readonly comment: string
  readonly named: { readonly host: string; readonly service: string | null; readonly exists: boolean }
}

async function tell(talk: Talk, { what, author, comment, named }: Case) {
  const { host, service } = named
  const target = { ...talk.target(host, service), ...keyOf(talk, host, service) }
  const words = { author, comment, marker: MARKER }
  switch (what) {
    case 'acknowledge':
      return talk.api.acknowledge(target, { ...ORDER, ...words })
    case 'replace':
      return talk.api.acknowledge(target, { ...ORDER, ...words, replace: true })
    case 'remove':
      return talk.api.removeAcknowledgement(target, author, null)
    case 'comment':
      return talk.api.comment(target, words)
    case 'downtime':
      return talk.api.scheduleDowntime(target, { ...downtimeOrder(talk), ...words })
    case 'removeDowntime':
      return talk.api.removeDowntime(target, { ...talk.downtime(), ...words })
  }
}

/** A key that is made of names is made of them as they are, whatever the stand-in would make of them. */
function keyOf({ monitor }: Talk, host: string, service: string | null): { key?: string } {
  return monitor.labels === undefined ? { key: keyOfNames(host, service) } : {}
}

const ORDER_OF = {
  acknowledge: ['acknowledge'],
  replace: ['remove', 'acknowledge'],
  remove: ['remove'],
  comment: ['comment'],
  downtime: ['downtime'],
  removeDowntime: ['remove-downtime'],
} as const

/** What is there besides: whatever a name might turn into on its way. */
function populate(talk: Talk, { named: { host, service, exists } }: Case): void {
  const { row, monitor } = talk
  if (!exists || row.uuidsOnly === true) return
  monitor.set({ host, service: null, state: 'DOWN' })
  if (service !== null) monitor.set({ host, service, state: 'CRITICAL' })
  const almost = [host.trim(), host.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()]
  for (const other of [...almost, host.split(/[;\n!]/)[0] ?? '', host.toWellFormed()]) {
    if (other === '' || other === host) continue
    monitor.set({ host: other, service: null, state: 'DOWN' })
    if (service !== null) monitor.set({ host: other, service, state: 'CRITICAL' })
  }
}

/** Where only what is there is taken away, somebody has it. */
function takeThere({ row, monitor }: Talk, { what, named: { host, service, exists } }: Case): void {
  if (what !== 'remove' || row.looksFirst !== true) return
  const isOurs = host === row.host && (service === null || service === row.service)
  if (!exists && !isOurs) return
  monitor.unacknowledge(host, service)
  monitor.acknowledge(host, service, { author: 'jane', comment: 'mine' })
}

async function check(row: KindRow, talk: Talk, given: Case): Promise<void> {
  populate(talk, given)
  takeThere(talk, given)
  const before = { orders: talk.monitor.orders.length, sent: talk.sent().length }
  const outcome = await talk.end(tell(talk, given))
  await talk.api.read([talk.host])

  const orders = talk.monitor.orders.slice(before.orders)
  const sent = talk.sent().slice(before.sent)
  const { host, service } = given.named
  for (const order of orders) {
    expect({ host: order.host, service: order.service }).toEqual({ host, service })
    expect(row.isOneCommand(order.raw)).toBe(true)
    expect(ORDER_OF[given.what]).toContain(order.what)
    if (order.comment !== null && order.what !== 'remove-downtime') {
      expect(order.comment).toContain(MARKER)
      expect(order.comment.isWellFormed()).toBe(true)
    }
    if (order.what !== 'remove' && order.what !== 'remove-downtime') expect(order.author).not.toBe('')
  }
  expect(orders.length).toBeLessThanOrEqual(given.what === 'replace' ? 2 : 1)
  expect(sent.length).toBeLessThanOrEqual(given.what === 'replace' ? 2 : 1)
  if ('threw' in outcome) {
    talk.sound(outcome.threw)
    // The first half of replacing may have been done.
    expect(orders.filter(({ what }) => what !== 'remove')).toEqual([])
  } else if (given.what !== 'removeDowntime' && outcome.returned !== 'already') {
    const isOurs = host === row.host && (service === null || service === row.service)
    const isThere = isOurs || (given.named.exists && row.uuidsOnly !== true)
    if (isThere) expect(orders.map(({ what }) => what)).toContain(ORDER_OF[given.what].at(-1))
  }
}

describe.each(KIND_ROWS)('hostile text to $title', (row) => {
  const whats = (['acknowledge', 'replace', 'remove'] as Case['what'][]).concat(
    can(row, 'downtime') ? ['downtime', 'removeDowntime'] : [],
    can(row, 'comment') ? ['comment'] : [],
  )
  const cases: fc.Arbitrary<Case> = fc.record({
    what: fc.constantFrom(...whats),
    author: text(10_000),
    comment: text(10_000),
    named: names(row),
  })

  it('reaches exactly what was named, or nothing at all', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const talk = await talkTo(row)
        try {
          await check(row, talk, given)
          expectNothingElse(talk, given)
        } finally {
          await talk.api.close()
          await talk.monitor.close()
        }
      }),
      { numRuns: 250 },
    )
  })

  it('as author or comment always arrives on a check that has an ordinary name', async () => {
    const talk = await talkTo(row)
    for (const nasty of [...NASTY, ...NASTY.map((one) => one.repeat(3_000)), '\n;`$\u0000']) {
      for (const [author, comment] of [
        [nasty, 'on it'],
        ['Ann Li', nasty],
        [nasty, nasty],
      ] as const) {
        const before = talk.monitor.orders.length
        const given = { what: 'replace', author, comment, named: { ...named(talk), exists: true } } as const
        await check(row, talk, given)
        expect(talk.monitor.orders.length).toBeGreaterThan(before)
        expect(talk.monitor.acknowledged(row.host, row.service)?.comment).toContain(MARKER)
      }
    }
    expectNothingElse(talk, { named: { ...named(talk), exists: true } })
  })

  it('in a name is named exactly, or refused: each by each', async () => {
    const talk = await talkTo(row)
    for (const nasty of NASTY) {
      for (const what of whats) {
        for (const [host, service] of [
          [`a${nasty}b`, null],
          [row.host, `a${nasty}b`],
          [`a${nasty}`, nasty],
        ] as const) {
          const given = { what, author: 'Ann Li', comment: 'on it', named: { host, service, exists: true } }
          await check(row, talk, given)
          // What it might have been taken for is gone before the next.
          if (row.uuidsOnly !== true) talk.monitor.forget(host, service)
        }
      }
    }
    expectNothingElse(talk, { named: { host: '', service: null, exists: false } })
  })

  it('in the names that are asked about is answered, or refused, and harms no other answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(names(row), { maxLength: 5 }), async (all) => {
        const talk = await talkTo(row)
        try {
          const targets = all.map(({ host, service }) => ({
            ...talk.target(host, service),
            ...keyOf(talk, host, service),
          }))
          const outcome = await talk.end(talk.api.read([talk.service, ...targets]))
          if ('threw' in outcome) throw outcome.threw
          const { checks } = outcome.returned as Awaited<ReturnType<Talk['api']['read']>>
          expect(checks.get(talk.service.key)?.state).toBe('CRITICAL')
          const asked = new Set([talk.service, ...targets].map(({ key }) => key))
          expect([...checks.keys()].filter((key) => !asked.has(key))).toEqual([])
          expect(talk.sent()).toEqual([])
        } finally {
          await talk.api.close()
          await talk.monitor.close()
        }
      }),
      { numRuns: 120 },
    )
  })

  it('that a check printed is read as text', async () => {
    const talk = await talkTo(row)
    for (const output of [...NASTY, 'x'.repeat(300_000), '🔥'.repeat(50_000)]) {
      talk.monitor.set({ host: row.host, service: row.service, state: 'CRITICAL', output })
      talk.monitor.acknowledge(row.host, row.service, {
        author: `jane ${output.slice(0, 9)}`,
        comment: output,
      })
      const reading = await talk.readOne(talk.service)
      expect(reading?.state).toBe('CRITICAL')
      const said = `${reading?.output}${reading?.acknowledgement?.author}${reading?.acknowledgement?.comment}`
      expect(said.isWellFormed()).toBe(true)
      expect(said).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/)
      expect(Buffer.byteLength(reading?.output ?? '')).toBeLessThanOrEqual(8_192)
    }
  })
})

function named(talk: Talk): { host: string; service: string } {
  return { host: talk.row.host, service: talk.row.service }
}

/** Ours, where it was not named, and the bystander are as they were. */
function expectNothingElse(talk: Talk, { named }: Pick<Case, 'named'>): void {
  const { row, monitor } = talk
  for (const { host, service } of [row, row.bystander]) {
    for (const one of [null, service]) {
      if (named.host === host && named.service === one) continue
      expect(monitor.acknowledged(host, one)).toBeNull()
      expect(monitor.inDowntime(host, one)).toBe(false)
    }
  }
}
