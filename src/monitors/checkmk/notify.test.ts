import { describe, expect, it } from 'vitest'
import { type Notification, senderIdentity } from '../../core/notification.ts'
import { notify } from './notify.ts'

const HOST = {
  NOTIFY_WHAT: 'HOST',
  NOTIFY_NOTIFICATIONTYPE: 'PROBLEM',
  NOTIFY_HOSTNAME: 'db7',
  NOTIFY_HOSTSTATE: 'DOWN',
  NOTIFY_HOSTSTATEID: '1',
  NOTIFY_MICROTIME: '1795291200123456',
  NOTIFY_HOSTURL: '/check_mk/index.py?start_url=view.py%3Fhost%3Ddb7',
}
const SERVICE = {
  ...HOST,
  NOTIFY_WHAT: 'SERVICE',
  NOTIFY_SERVICEDESC: 'Memory',
  NOTIFY_SERVICESTATE: 'WARNING',
  NOTIFY_SERVICESTATEID: '1',
}

function intake(value: unknown) {
  return notify({ value }, { monitor: 'cmk' })
}

function read(value: unknown): Notification {
  const { notifications, rejected } = intake(value)
  expect(rejected).toEqual([])
  return notifications[0] as Notification
}

describe('a notification of Checkmk', () => {
  it('is the same for every contact and when it is tried again, and another for another check', () => {
    const sent = (contact: string, id: string, time: string, body: object = SERVICE) =>
      senderIdentity(read({ cli: 1, id, time, ...body, NOTIFY_CONTACTNAME: contact }))
    const first = sent('ann', '7c1c9a5e-0000-4000-8000-000000000001', '1795291201.000')

    expect(sent('bob', '7c1c9a5e-0000-4000-8000-000000000002', '1795299999.000')).toBe(first)
    expect(sent('ann', 'x', '1795291201.000', { ...SERVICE, NOTIFY_SERVICEDESC: 'CPU' })).not.toBe(first)
    expect(sent('ann', 'x', '1795291201.000', HOST)).not.toBe(first)
    expect(sent('ann', 'x', '1', { ...SERVICE, NOTIFY_MICROTIME: '1795291200123457' })).not.toBe(first)
  })

  it('has the run of the command for its id where Checkmk gives no time', () => {
    const { NOTIFY_MICROTIME: _, ...rest } = SERVICE
    const id = '7c1c9a5e-0000-4000-8000-000000000001'

    expect(read({ ...rest, id, time: '1795291201.000' })).toMatchObject({
      id,
      idOfSending: true,
      time: 1_795_291_201_000,
    })
    expect(read({ ...SERVICE, NOTIFY_MICROTIME: '12 apples', id: 'x' }).id).toBe('x')
  })

  it('is about the host when it says so, whatever else it carries', () => {
    expect(read({ ...SERVICE, NOTIFY_WHAT: 'HOST' })).toMatchObject({ service: null, state: 'DOWN' })
    expect(intake({ ...HOST, NOTIFY_WHAT: 'SERVICE' }).rejected).toHaveLength(1)
  })

  it('has its state from the number, and from words only without one', () => {
    const state = (more: object) => read({ ...SERVICE, ...more }).state

    expect(state({ NOTIFY_SERVICESTATE: 'OK', NOTIFY_SERVICESTATEID: '2' })).toBe('CRITICAL')
    expect(state({ NOTIFY_SERVICESTATE: 'CRIT', NOTIFY_SERVICESTATEID: '' })).toBe('CRITICAL')
    expect(state({ NOTIFY_SERVICESTATE: 'unkn', NOTIFY_SERVICESTATEID: '7' })).toBe('UNKNOWN')
    expect(
      state({ NOTIFY_SERVICESTATE: '', NOTIFY_SERVICESTATEID: '', NOTIFY_SERVICESHORTSTATE: 'WARN' }),
    ).toBe('WARNING')
    expect(read({ ...HOST, NOTIFY_HOSTSTATE: 'UNREACH', NOTIFY_HOSTSTATEID: '' }).state).toBe('UNREACHABLE')
    expect(intake({ ...HOST, NOTIFY_HOSTSTATE: 'PEND', NOTIFY_HOSTSTATEID: '' }).rejected).toHaveLength(1)
  })

  it('takes the last number of a problem only when all is well again', () => {
    const episode = (more: object) => read({ ...SERVICE, NOTIFY_LASTSERVICEPROBLEMID: '5', ...more }).episode

    expect(episode({ NOTIFY_SERVICEPROBLEMID: '6' })).toBe('6')
    expect(episode({ NOTIFY_SERVICEPROBLEMID: '0' })).toBeNull()
    expect(episode({ NOTIFY_SERVICEPROBLEMID: '0', NOTIFY_SERVICESTATEID: '0' })).toBe('5')
  })

  it('keeps nothing of parameters and of what it does not need', () => {
    const body = { ...SERVICE, NOTIFY_PARAMETER_1: 'hunter2', NOTIFY_CONTACTEMAIL: 'ann@example.com' }

    expect(JSON.stringify(intake(body))).not.toMatch(/hunter2|ann@example/)
  })

  it('links to the check below the address of its site', () => {
    const url = (more: object) => read({ ...HOST, ...more }).url
    const path = HOST.NOTIFY_HOSTURL
    const there = { NOTIFY_MONITORING_HOST: 'mon1', NOTIFY_OMD_SITE: 'prod' }

    expect(url({})).toBeNull()
    expect(url(there)).toBe(`http://mon1/prod${path}`)
    for (const siteurl of [
      'https://mon.example.com/prod',
      'https://mon.example.com/prod/',
      'https://mon.example.com/prod/check_mk/',
    ])
      expect(url({ ...there, siteurl })).toBe(`https://mon.example.com/prod${path}`)
    for (const hostile of [
      { ...there, NOTIFY_MONITORING_HOST: 'evil.example.com/x?' },
      { ...there, NOTIFY_MONITORING_HOST: 'user@evil' },
      { ...there, NOTIFY_OMD_SITE: '../x' },
      { ...there, NOTIFY_HOSTURL: '//evil.example.com/check_mk/' },
      { ...there, NOTIFY_HOSTURL: '/check_mk/|<!channel>' },
      { ...there, siteurl: 'javascript:alert(1)//' },
      { ...there, siteurl: 'not an address' },
    ]) {
      expect(url(hostile)).toBeNull()
    }
  })

  it('tells that an alert handler ran, without making a problem of it', () => {
    expect(read({ ...HOST, NOTIFY_NOTIFICATIONTYPE: 'ALERTHANDLER (CRITICAL)' })).toMatchObject({
      type: 'CUSTOM',
      comment: 'Alert handler (CRITICAL)',
    })
  })
})
