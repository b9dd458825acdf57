import { describe, expect, it } from 'vitest'
import { NOTIFICATION_TYPES, type Notification } from '../../core/notification.ts'
import { notifyByMacros } from './macros.ts'

const IDENTITY = { host: ['hostname', 'host'], service: ['servicedesc', 'service'] }
const HOST = { NOTIFICATIONTYPE: 'PROBLEM', HOSTNAME: 'web01', HOSTSTATE: 'DOWN' }
const SERVICE = { ...HOST, HOSTSTATE: 'UP', SERVICEDESC: 'HTTP', SERVICESTATE: 'CRITICAL' }

function intake(value: unknown) {
  return notifyByMacros({ value }, 'dc1', IDENTITY)
}

function read(value: unknown): Notification {
  const { notifications, rejected } = intake(value)
  expect(rejected).toEqual([])
  return notifications[0] as Notification
}

function faults(value: unknown): string[] {
  const { notifications, rejected } = intake(value)
  expect(notifications).toEqual([])
  return rejected.flat().map(({ path, message }) => `${path} ${message}`)
}

describe('macros of the Nagios family', () => {
  it.each([
    (name: string) => name,
    (name: string) => name.toLowerCase(),
    (name: string) => `NAGIOS_${name}`,
    (name: string) => `nagios_${name.toLowerCase()}`,
    (name: string) => `ICINGA_${name}`,
    (name: string) => `NAEMON_${name}`,
    (name: string) => `$${name}$`,
    (name: string) => `--${name.toLowerCase()}`,
    (name: string) => name.toLowerCase().replace(/^(host|service)/, '$1_'),
  ])('are known in every spelling (%#)', (spell) => {
    const spelled = Object.fromEntries(Object.entries(SERVICE).map(([name, value]) => [spell(name), value]))

    expect(read(spelled)).toMatchObject({
      host: 'web01',
      service: 'HTTP',
      state: 'CRITICAL',
      type: 'PROBLEM',
    })
  })

  it('carry states as words or numbers, and the service counts where there is one', () => {
    for (const [state, word] of [
      ['0', 'UP'],
      ['1', 'DOWN'],
      [2, 'UNREACHABLE'],
      ['down', 'DOWN'],
    ] as const) {
      expect(read({ ...HOST, HOSTSTATE: state }).state).toBe(word)
    }
    for (const [state, word] of [
      ['0', 'OK'],
      [1, 'WARNING'],
      ['2', 'CRITICAL'],
      ['3', 'UNKNOWN'],
      ['Warning', 'WARNING'],
    ] as const) {
      expect(read({ ...SERVICE, SERVICESTATE: state }).state).toBe(word)
    }
    const { HOSTSTATE: _, ...rest } = HOST
    expect(read({ ...rest, HOSTSTATEID: '1' }).state).toBe('DOWN')
    expect(read({ ...rest, state: '2' }).state).toBe('UNREACHABLE')
  })

  it.each(NOTIFICATION_TYPES.filter((type) => type !== 'EVENT'))('carry the type %s', (type) => {
    expect(read({ ...SERVICE, NOTIFICATIONTYPE: type }).type).toBe(type)
    expect(read({ ...SERVICE, NOTIFICATIONTYPE: type.toLowerCase() }).type).toBe(type)
  })

  it('carry the words that relatives use for the same', () => {
    expect(read({ ...HOST, NOTIFICATIONTYPE: 'FLAPPINGEND' }).type).toBe('FLAPPINGSTOP')
    expect(read({ ...HOST, NOTIFICATIONTYPE: 'DOWNTIMEREMOVED' }).type).toBe('DOWNTIMECANCELLED')
    expect(read({ ...HOST, NOTIFICATIONTYPE: 'FLAPPINGSTART (DOWN)' }).type).toBe('FLAPPINGSTART')
  })

  it('count as absent when they are empty, blank or were not filled in', () => {
    for (const nothing of [
      '',
      '  ',
      '$SERVICEDESC$',
      '$SERVICESTATE$',
      '$service.name$',
      '$_HOSTFOO$',
      null,
      {},
      [],
    ]) {
      expect(
        read({ ...HOST, SERVICEDESC: nothing, HOSTADDRESS: nothing, HOSTOUTPUT: nothing }),
      ).toMatchObject({
        service: null,
        address: null,
        output: '',
      })
    }
    expect(read({ ...HOST, HOSTOUTPUT: 'costs $5 or 10$' }).output).toBe('costs $5 or 10$')
  })

  it('do not make a service notification without a service into one of the host', () => {
    for (const servicedesc of ['', '$SERVICEDESC$', undefined]) {
      const flags = {
        cli: 1,
        type: 'Service',
        notificationtype: 'PROBLEM',
        hostname: 'h',
        hoststate: '0',
        servicestate: '2',
      }
      expect(faults({ ...flags, servicedesc })).toEqual(['servicedesc is required'])
    }
    expect(read({ ...SERVICE, type: 'Host', HOSTSTATE: 'DOWN' })).toMatchObject({
      service: null,
      state: 'DOWN',
    })
  })

  it('bring long output with its line breaks', () => {
    const { output, longOutput } = read({
      ...SERVICE,
      SERVICEOUTPUT: 'first',
      LONGSERVICEOUTPUT: 'second\\nthird\\n',
    })

    expect(output).toBe('first')
    expect(longOutput).toBe('second\nthird\n')
  })

  it('fold what each contact gets by the number of the notification', () => {
    expect(read({ ...SERVICE, SERVICENOTIFICATIONID: '42' }).id).toBe('n42')
    expect(read({ ...HOST, HOSTNOTIFICATIONID: 42 }).id).toBe('n42')
    expect(read({ ...HOST, notificationid: '42', id: 'own' }).id).toBe('own')
    expect(read({ ...HOST, HOSTNOTIFICATIONID: '0' }).id).toBeNull()
    expect(read(HOST).id).toBeNull()
  })

  it('name the episode by the number of the problem, and of the last one when it is over', () => {
    expect(read({ ...SERVICE, SERVICEPROBLEMID: '7', LASTSERVICEPROBLEMID: '3' }).episode).toBe('7')
    expect(read({ ...SERVICE, SERVICEPROBLEMID: '0', LASTSERVICEPROBLEMID: '7' }).episode).toBe('7')
    expect(read({ ...HOST, problemid: '0', lastproblemid: '9' }).episode).toBe('9')
    expect(read({ ...SERVICE, HOSTPROBLEMID: '5', SERVICEPROBLEMID: '0' }).episode).toBeNull()
  })

  it('say when it happened by TIMET, not by the time of day', () => {
    expect(read({ ...HOST, NAGIOS_TIME: '20:00:00', NAGIOS_TIMET: '1795291200' }).time).toBe(
      1_795_291_200_000,
    )
    expect(read({ ...HOST, cli: 1, time: '1795291200.250', NAGIOS_TIME: '20:00:00' }).time).toBe(
      1_795_291_200_250,
    )
    expect(read({ ...HOST, TIME: '20:00:00' }).time).toBeNull()
  })

  it('say who acknowledged, and what was said', () => {
    const n = read({
      ...SERVICE,
      NOTIFICATIONTYPE: 'ACKNOWLEDGEMENT',
      SERVICEACKAUTHOR: 'Ann',
      SERVICEACKCOMMENT: 'mine',
    })
    expect(n).toMatchObject({ type: 'ACKNOWLEDGEMENT', author: 'Ann', comment: 'mine' })
    expect(read({ ...HOST, NOTIFICATIONAUTHOR: 'Ben', NOTIFICATIONCOMMENT: 'x' })).toMatchObject({
      author: 'Ben',
      comment: 'x',
    })
  })

  it('may carry an address to open', () => {
    expect(read({ ...SERVICE, SERVICEACTIONURL: 'https://m.example/s' }).url).toBe('https://m.example/s')
    expect(read({ ...HOST, link: 'javascript:alert(1)' }).url).toBeNull()
  })

  it('name each fault', () => {
    expect(faults({})).toEqual(['hostname is required'])
    expect(faults({ HOSTNAME: 'h' })).toEqual(['notificationtype is required', 'hoststate is required'])
    expect(faults({ ...HOST, HOSTSTATE: 'CRITICAL' })).toEqual([
      'hoststate CRITICAL is not a state of a host',
    ])
    expect(faults({ ...SERVICE, SERVICESTATE: '7' })).toEqual(['servicestate 7 is not a state of a service'])
    expect(faults({ ...HOST, NOTIFICATIONTYPE: 'SHOUT' })).toEqual([
      'notificationtype SHOUT is not a notification type',
    ])
    expect(faults('text')).toEqual([' has to be an object of macros and their values'])
    expect(faults([])).toEqual([' holds no notification'])
  })

  it('keep what is good in an array and say what is not', () => {
    const { notifications, rejected } = intake([HOST, {}, 5, SERVICE])

    expect(notifications.map(({ host, service }) => [host, service])).toEqual([
      ['web01', null],
      ['web01', 'HTTP'],
    ])
    expect(rejected).toHaveLength(2)
  })

  it('beyond a thousand at once are not passed over in silence', () => {
    const { notifications, rejected } = intake(Array.from({ length: 1_001 }, () => HOST))

    expect(notifications).toHaveLength(1_000)
    expect(rejected.flat()).toEqual([
      { path: '[1000]', message: 'and what follows it: at most 1000 at once' },
    ])
  })

  it('tell checks apart whose long names begin alike', () => {
    const [one, other] = ['1', '2'].map((end) => read({ ...HOST, HOSTNAME: `${'a'.repeat(300)}${end}` }))
    expect(one?.host).toHaveLength(255)
    expect(one?.key).not.toBe(other?.key)
  })
})
