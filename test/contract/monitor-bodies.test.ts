import { describe, expect, it } from 'vitest'
import { parseBody } from '../../src/http/read-body.ts'
import { type Body, type MonitorKind, NOTIFICATIONS_MAX } from '../../src/monitors/monitor.ts'
import { KINDS } from '../../src/monitors/registry.ts'

/*
 * While a body is read, nobody else is answered. So no body of the full size may take long, whatever is in it.
 */

const BYTES = 1024 * 1024
/** Ms of the processor: several times what is hoped for, because other tests run beside. */
const LIMIT_MS = 600

function full(piece: string, between = '', around: readonly [string, string] = ['', '']): string {
  const room = BYTES - around[0].length - around[1].length
  return `${around[0]}${Array(Math.floor(room / (piece.length + between.length)))
    .fill(piece)
    .join(between)}${around[1]}`
}

const LIST = ['[', ']'] as const
const ALERTS = ['{"version":"1","status":"firing","alerts":[', ']}'] as const
const FORM = 'application/x-www-form-urlencoded'

const BODIES: Readonly<Record<string, readonly [text: string, type?: string]>> = {
  'lines that are no JSON': [full('{x}', '\n')],
  'lines of nothing': [full('{}', '\n')],
  'lists that are not closed': [full('[')],
  'lists in lists': ['['.repeat(BYTES / 2) + ']'.repeat(BYTES / 2)],
  'objects in objects': [`${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`],
  'a list of nothing': [full('{}', ',', LIST)],
  'a list of numbers': [full('0', ',', LIST)],
  'a list of texts that begin like JSON': [full('"{x"', ',', LIST)],
  'records that begin like JSON': [full('"{x}"', ',', ['{"Records":[', ']}'])],
  'numbers of many digits': [full('1234567890123456789', ',', LIST)],
  'alerts of nothing': [full('{}', ',', ALERTS)],
  'groups of alerts of nothing': [full(`${ALERTS[0]}${Array(1_000).fill('{}')}${ALERTS[1]}`, ',', LIST)],
  'many names': [`{${Array.from({ length: 80_000 }, (_, n) => `"k${n}":1`)}}`],
  'many fields of a form': [Array.from({ length: 100_000 }, (_, n) => `k${n}=v`).join('&'), FORM],
  'a payload of lists': [`payload=${encodeURIComponent('['.repeat(300_000))}`, FORM],
  'a text of marks': [JSON.stringify({ text: '*_~`<'.repeat(BYTES / 6) })],
  'a text of lines': [JSON.stringify({ text: '\n'.repeat(BYTES / 3) })],
  'attachments without end': [
    full('{"text":"x","color":"danger","title":"t"}', ',', ['{"attachments":[', ']}']),
  ],
}

describe.each([...KINDS])('%s', (name, kind) => {
  it.each(Object.entries(BODIES))('reads %s in time', async (_, [text, type = 'application/json']) => {
    const bytes = Buffer.from(text)
    const before = process.cpuUsage()
    await read(name, kind, bytes, type)
    const { user, system } = process.cpuUsage(before)

    expect((user + system) / 1_000).toBeLessThan(LIMIT_MS)
  })
})

/** As the route does. */
async function read(name: string, kind: MonitorKind, bytes: Buffer, type: string): Promise<void> {
  const request = {
    bytes,
    header: (asked: string) => (asked.toLowerCase() === 'content-type' ? type : null),
    now: Date.now(),
  }
  const own = (await kind.readBody?.(request)) ?? null
  const body = own ?? parseBody(bytes, type === FORM ? 'form' : 'json')
  // Of what is stored whole or not at all, so many are refused before anybody looks at them.
  const isRefused = kind.allOrNothing && Array.isArray(valueIn(body)) && lengthIn(body) > NOTIFICATIONS_MAX
  const intake = !('value' in body) || isRefused ? null : kind.notify(body, { monitor: name, request })
  if (intake === null || intake.rejected.length > 0) kind.excerpt?.(request)
}

const valueIn = (body: object): unknown => (body as Partial<Body>).value
const lengthIn = (body: object): number => (valueIn(body) as readonly unknown[]).length
