import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { notify } from './notify.ts'

const { bodies } = JSON.parse(readFileSync(new URL('fixtures/bodies.json', import.meta.url), 'utf8'))
const PROBLEM = bodies[0].body as Record<string, string>
const UPDATE = {
  ...PROBLEM,
  event_update_status: '1',
  event_update_date: '2026.11.22',
  event_update_time: '01:50:22',
  event_update_message: 'on it',
  user_fullname: 'Jane Doe (jane)',
}

const read = (over: object) => notify({ value: { ...PROBLEM, ...over } }, { monitor: 'zbx' })
const issueOf = (over: object): string => {
  const [first] = read(over).rejected[0] ?? []
  return `${first?.path} ${first?.message}`
}

describe('what the media type sends', () => {
  it('is refused where it is no problem of a trigger, and says which it is', () => {
    expect(issueOf({ event_source: '1' })).toMatch(/^event_source is discovery; only problems of triggers/)
    expect(issueOf({ event_source: '3' })).toMatch(/^event_source is an internal event;/)
    expect(issueOf({ event_source: '4' })).toMatch(/^event_source is a service;/)
  })

  it('is refused where what identifies it was not filled in', () => {
    expect(issueOf({ event_id: '{EVENT.ID}' })).toBe('event_id has to be the number of an event')
    expect(issueOf({ event_value: '{EVENT.VALUE}' })).toBe(
      'event_value has to be 1 (problem) or 0 (recovery)',
    )
    expect(issueOf({ event_nseverity: '*UNKNOWN*' })).toBe('event_nseverity has to be a severity from 0 to 5')
    expect(issueOf({ host_host: '{HOST.HOST}', host_name: '*UNKNOWN*' })).toBe('host_host is required')
    expect(issueOf({ event_name: '' })).toBe('event_name is required')
  })

  it('has the visible name of a host where that is all there is', () => {
    expect(read({ host_host: '{HOST.HOST}' }).notifications).toEqual([
      expect.objectContaining({ host: 'Mail store', hostDisplayName: null }),
    ])
  })

  it('keeps macros that are part of a text', () => {
    expect(read({ event_opdata: 'above {$LIMIT} %' }).notifications[0]?.output).toBe('above {$LIMIT} %')
  })

  it('can be several things that were done at once', () => {
    const event_update_action = 'acknowledged, changed severity from Average to Warning and commented'
    const { notifications } = read({ ...UPDATE, event_update_action, event_nseverity: '2' })

    expect(notifications.map(({ type, state, author }) => [type, state, author])).toEqual([
      ['PROBLEM', 'WARNING', null],
      ['ACKNOWLEDGEMENT', 'WARNING', 'Jane Doe (jane)'],
    ])
  })

  it.each([
    ['unacknowledged', 'CUSTOM'],
    ['unsuppressed', 'DOWNTIMEEND'],
    ['something of a later release', 'CUSTOM'],
    ['{EVENT.UPDATE.ACTION}', 'CUSTOM'],
  ])('tells %s from what it contains', (event_update_action, type) => {
    expect(read({ ...UPDATE, event_update_action }).notifications.map((n) => n.type)).toEqual([type])
  })

  it('is only to be known where the problem is over by now', () => {
    const { notifications } = read({ ...UPDATE, event_update_action: 'acknowledged', event_value: '0' })

    expect(notifications).toEqual([
      expect.objectContaining({ type: 'CUSTOM', state: 'OK', comment: 'on it', author: 'Jane Doe (jane)' }),
    ])
  })

  it.each([
    ['{$ZABBIX.URL}', null],
    ['javascript:alert(1)', null],
    [
      'https://z.example.com/zabbix',
      'https://z.example.com/zabbix/tr_events.php?triggerid=23133&eventid=40127',
    ],
  ])('links to the event where the address %s is one', (zabbix_url, url) => {
    expect(read({ zabbix_url }).notifications[0]?.url).toBe(url)
  })

  it.each(['', '{EVENT.TAGSJSON}', 'no JSON', '{}', '[1,null,{"tag":7}]', '[{"tag":""}]'])(
    'has no labels where the tags are %s',
    (event_tags) => {
      expect(read({ event_tags }).notifications[0]?.labels).toBeNull()
    },
  )

  it('has labels of any name, and not more than anybody reads', () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ tag: `t${n}`, value: 'x'.repeat(5_000) }))
    const labels = read({ event_tags: JSON.stringify([{ tag: '__proto__', value: '1' }, ...many]) })
      .notifications[0]?.labels

    expect(Object.keys(labels ?? {})).toHaveLength(100)
    expect(Object.getOwnPropertyDescriptor(labels, '__proto__')?.value).toBe('1')
    expect(labels?.['t0']).toHaveLength(1_000)
  })
})
