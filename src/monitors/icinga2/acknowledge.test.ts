import { describe, expect, it } from 'vitest'
import type { AcknowledgeOrder, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import type { Call, Http } from '../shared/http.ts'
import { orders } from './acknowledge.ts'
import { callIcinga } from './call-icinga.ts'

const around = { name: 'icinga', clock: { now: () => 0 } } as unknown as MonitorSurroundings
const MARKER = '[ackbridge:0123456789]'
const ORDER: AcknowledgeOrder = {
  author: 'Ann',
  comment: 'mine',
  marker: MARKER,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

type Reply = { readonly status: number; readonly body: unknown }
const done = (name?: string): Reply => ({
  status: 200,
  body: { results: [{ code: 200, status: 'fine', name }] },
})
const refused = (code: number, status: string): Reply => ({
  status: code,
  body: { results: [{ code, status }] },
})
const NO_OBJECTS: Reply = { status: 404, body: { error: 404, status: 'No objects found.' } }

/** Orders to an Icinga that gives these answers in turn. */
function ordersWith(...replies: readonly Reply[]) {
  const calls: Call[] = []
  const http = {
    call: (call: Call) => {
      calls.push(call)
      const { status, body } = replies[calls.length - 1] ?? { status: 500, body: '' }
      return Promise.resolve({
        status,
        headers: {},
        text: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
  } as unknown as Http
  return { calls, ...orders(callIcinga(http, around), around, () => Promise.resolve(null)) }
}

describe('an acknowledgement', () => {
  it('is sent for one object by its name, in the words of the person', async () => {
    const { acknowledge, calls } = ordersWith(done())

    const until = 1_795_291_200_001
    expect(await acknowledge(target('web01', 'Disk /'), { ...ORDER, until })).toBe('taken')
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '/v1/actions/acknowledge-problem',
        body: {
          service: 'web01!Disk /',
          author: 'Ann',
          comment: `mine ${MARKER}`,
          sticky: true,
          persistent: false,
          notify: false,
          expiry: 1_795_291_201,
        },
      },
    ])
  })

  it('carries no control character, and its mark whole, whatever was written', async () => {
    const { acknowledge, calls } = ordersWith(done())

    const comment = `a\u0000\u001b[2J\nb${'ü😀'.repeat(9_000)}`
    await acknowledge(target('web01', null), { ...ORDER, author: ' \u0007\n', comment })
    const body = calls[0]?.body as { author: string; comment: string }
    expect(body.author).toBe('ackbridge')
    expect(body.comment).toMatch(/^a\[2J\nbü/)
    expect(body.comment.endsWith(MARKER)).toBe(true)
    expect(Buffer.byteLength(body.comment)).toBeLessThanOrEqual(8_192)
    expect(body.comment.isWellFormed()).toBe(true)
  })

  it.each([
    ['Service web01!http is already acknowledged.', 'already'],
    ['Host is OK is already acknowledged.', 'already'],
    ['Service web01!http is OK.', 'not_a_problem'],
    ['Host web01 is UP.', 'not_a_problem'],
    ['Host is already acknowledged. is UP.', 'not_a_problem'],
    ['Something that a later version says.', 'already'],
  ])('is answered 409 "%s": %s', async (status, answer) => {
    const { acknowledge } = ordersWith(refused(409, status))
    expect(await acknowledge(target('web01', 'http'), ORDER)).toBe(answer)
  })

  it.each([
    ['', null],
    ['web01', ''],
    ['web!01', null],
    ['web01', 'a!b'],
    [undefined as unknown as string, null],
    ['web01', undefined as unknown as string],
  ])('of %j and %j is never sent: without a name it would be of all objects', async (host, service) => {
    const made = ordersWith(done())
    const key = service === undefined ? 'web01' : keyOfNames(host, service)
    const nameless = { ...target('x', 'y'), host, service, key: host === undefined ? '' : key }
    await Promise.allSettled([
      made.acknowledge(nameless, ORDER),
      made.removeAcknowledgement(nameless, 'Ann', null),
      made.comment(nameless, ORDER),
      made.scheduleDowntime(nameless, { ...ORDER, from: 0, until: 9_000 }),
    ])
    expect(made.calls).toEqual([])
  })

  it('takes the place of another by removing that first', async () => {
    const { acknowledge, calls } = ordersWith(done(), done())
    expect(await acknowledge(target('web01', null), { ...ORDER, replace: true })).toBe('taken')
    expect(calls.map(({ path }) => path)).toEqual([
      '/v1/actions/remove-acknowledgement',
      '/v1/actions/acknowledge-problem',
    ])
  })

  it('says so when the former one is gone and the new one was not taken', async () => {
    const { acknowledge } = ordersWith(done(), { status: 503, body: { error: 503, status: 'reloading' } })
    await expect(acknowledge(target('web01', null), { ...ORDER, replace: true })).rejects.toMatchObject({
      code: 'unavailable',
      retry: { kind: 'later' },
      message: expect.stringContaining('removed the acknowledgement that was there'),
    })
  })

  it('that ends in the past will never be taken', async () => {
    const { acknowledge } = ordersWith(
      refused(409, "Acknowledgement 'expiry' timestamp must be in the future for object web01"),
    )
    await expect(acknowledge(target('web01', null), { ...ORDER, until: 1 })).rejects.toMatchObject({
      code: 'rejected',
      retry: { kind: 'never' },
    })
  })

  it('that ends in the past removes no other one first', async () => {
    const { acknowledge, calls } = ordersWith(done(), done())
    await expect(
      acknowledge(target('web01', null), { ...ORDER, replace: true, until: 0 }),
    ).rejects.toMatchObject({ code: 'rejected' })
    expect(calls).toEqual([])
  })

  it('of an object that cannot be seen names it, and of one that can names the right', async () => {
    await expect(
      ordersWith(NO_OBJECTS, NO_OBJECTS).acknowledge(target('web01', 'http'), ORDER),
    ).rejects.toMatchObject({
      code: 'not_found',
      retry: { kind: 'never' },
      message: 'icinga does not know this check, or our ApiUser may not see it.',
    })
    await expect(
      ordersWith(NO_OBJECTS, {
        status: 200,
        body: { results: [{ name: 'web01!http', attrs: {} }] },
      }).acknowledge(target('web01', 'http'), ORDER),
    ).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('actions/acknowledge-problem'),
    })
  })
})

describe('an answer', () => {
  it.each([
    [{ status: 401, body: {} }, 'unauthorized', 'later'],
    [{ status: 403, body: {} }, 'unauthorized', 'never'],
    [{ status: 400, body: 'no' }, 'rejected', 'never'],
    [{ status: 503, body: { error: 503, status: 'Icinga is reloading.' } }, 'unavailable', 'later'],
    [refused(503, 'Icinga is reloading.'), 'unavailable', 'later'],
    [refused(500, 'Attempt failed.'), 'unavailable', 'ambiguous'],
    [{ status: 200, body: '<html>' }, 'invalid', 'ambiguous'],
    [{ status: 200, body: { results: [] } }, 'invalid', 'ambiguous'],
    [{ status: 200, body: { results: [{ code: '200' }] } }, 'invalid', 'ambiguous'],
    [
      {
        status: 200,
        body: {
          results: [
            { code: 200.0, status: '' },
            { code: 500, status: '' },
          ],
        },
      },
      'unavailable',
      'ambiguous',
    ],
  ] as [Reply, string, string][])('%j is %s, to be tried %s', async (reply, code, kind) => {
    await expect(ordersWith(reply).acknowledge(target('web01', null), ORDER)).rejects.toMatchObject({
      name: 'Failure',
      code,
      retry: { kind },
    })
  })
})

describe('a downtime', () => {
  const downtime = { ...ORDER, from: 1_795_291_200_900, until: 1_795_294_800_100 }

  it('is fixed, in whole seconds, and known by the name that Icinga gives it', async () => {
    const { scheduleDowntime, calls } = ordersWith(done('web01!123'))
    expect(await scheduleDowntime(target('web01', null), downtime)).toBe('web01!123')
    expect(calls[0]?.body).toMatchObject({
      host: 'web01',
      start_time: 1_795_291_200,
      end_time: 1_795_294_801,
      fixed: true,
    })
  })

  it('that ends before it begins is not sent: Icinga would take it and do nothing', async () => {
    const { scheduleDowntime, calls } = ordersWith(done('web01!123'))
    await expect(
      scheduleDowntime(target('web01', null), { ...downtime, until: downtime.from - 2_000 }),
    ).rejects.toMatchObject({ retry: { kind: 'never' } })
    expect(calls).toEqual([])
  })

  it('is removed by its own name only, never by that of its host', async () => {
    const { removeDowntime, calls } = ordersWith(done())
    await removeDowntime(target('web01', null), { ...downtime, reference: 'web01!123' })
    expect(calls[0]?.body).toEqual({ downtime: 'web01!123', author: 'Ann' })
    for (const reference of ['', ' ', 'web01', null]) {
      const nothing = ordersWith(done())
      await nothing.removeDowntime(target('web01', null), { ...downtime, reference })
      expect(nothing.calls).toEqual([])
    }
  })

  it('that is gone already is removed; one that is still there was not', async () => {
    await ordersWith(NO_OBJECTS, NO_OBJECTS).removeDowntime(target('web01', null), {
      ...downtime,
      reference: 'web01!123',
    })
    await expect(
      ordersWith(NO_OBJECTS, { status: 200, body: { results: [] } }).removeDowntime(target('web01', null), {
        ...downtime,
        reference: 'web01!123',
      }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('actions/remove-downtime'),
    })
  })
})
