import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROGRAM, startCommand } from '../support/command.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

/* The command lines of the README, with the macros replaced as the monitoring engine does that, run by a shell. */

const UUIDS = {
  host: 'c36b8048-93ce-4385-ac19-ab5c90574b77',
  service: '74f14950-a58f-4f18-b6c3-5cfa9dffef4e',
}
const README = readFileSync('src/monitors/openitcockpit/README.md', 'utf8')
const [HOST_LINE = '', SERVICE_LINE = ''] = [
  ...README.matchAll(/^```\n(\/usr\/bin\/ackbridge notify .*)\n```$/gm),
].map(([, line = '']) => line)

const OF_HOST = {
  HOSTNAME: UUIDS.host,
  HOSTDISPLAYNAME: 'web01',
  HOSTADDRESS: '10.0.0.7',
  HOSTSTATEID: '1',
  HOSTOUTPUT: 'CRITICAL - 100% packet loss; it took 3 s & more',
  NOTIFICATIONTYPE: 'PROBLEM',
  HOSTNOTIFICATIONID: '41',
  HOSTPROBLEMID: '7',
}
const OF_SERVICE = {
  ...OF_HOST,
  HOSTSTATEID: '0',
  SERVICEDESC: UUIDS.service,
  SERVICEDISPLAYNAME: 'HTTP',
  SERVICESTATEID: '2',
  SERVICEOUTPUT: 'Connection refused \\',
  LONGSERVICEOUTPUT: 'tried 3 times\\nthen gave up',
  SERVICENOTIFICATIONID: '42',
  SERVICEPROBLEMID: '8',
}

async function tell(world: World, line: string, macros: Readonly<Record<string, string>>): Promise<void> {
  const expanded = line
    .replace('/usr/bin/ackbridge', PROGRAM)
    .replaceAll(/\$(\w+)\$/g, (_, macro: string) => macros[macro] ?? '')
  const env = { ACKBRIDGE_URL: world.url, ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY }
  const { code, stderr } = await startCommand(['-c', expanded], env, world.folder, ['/bin/sh']).ended
  expect([code, stderr]).toEqual([0, ''])
  await world.drain()
}

describe('the commands that openITCOCKPIT is given', () => {
  it('are two, and differ', () => {
    expect(HOST_LINE).toContain('--type Host ')
    expect(SERVICE_LINE).toContain('--type Service ')
  })

  it('tell of a host, by the name that people know', async () => {
    const world = await startWorld()
    await tell(world, HOST_LINE, OF_HOST)

    expect(world.card('web01').text).toContain('DOWN web01')
    expect(textOf(world.card())).toContain('100% packet loss; it took 3 s & more')
    await tell(world, HOST_LINE, {
      ...OF_HOST,
      HOSTSTATEID: '0',
      NOTIFICATIONTYPE: 'RECOVERY',
      HOSTOUTPUT: 'ok',
    })
    expect(world.card('web01').text).toContain('UP web01')
  })

  it('tell of a service, whatever its output ends in', async () => {
    const world = await startWorld()
    await tell(world, SERVICE_LINE, OF_SERVICE)

    expect(world.card().text).toContain('CRITICAL web01 / HTTP: Connection refused \\')
    await tell(world, SERVICE_LINE, {
      ...OF_SERVICE,
      NOTIFICATIONTYPE: 'ACKNOWLEDGEMENT',
      SERVICEACKAUTHOR: 'Jane Doe',
      SERVICEACKCOMMENT: 'looking; at it',
      SERVICENOTIFICATIONID: '43',
    })
    expect(textOf(world.card())).toMatch(/Jane Doe.* has it/)
    expect(textOf(world.card())).toContain('looking; at it')
    await tell(world, SERVICE_LINE, {
      ...OF_SERVICE,
      NOTIFICATIONTYPE: 'RECOVERY',
      SERVICESTATEID: '0',
      SERVICENOTIFICATIONID: '44',
    })
    expect(world.card().text).toContain('OK web01 / HTTP')
  })
})
