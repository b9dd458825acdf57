import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notify } from './notify.ts'

const HOST = { notificationtype: 'PROBLEM', hostname: 'web01', hoststate: 'DOWN' }

function read(body: object) {
  const [notification] = notify({ value: body }, { monitor: 'icinga2' }).notifications
  if (notification === undefined) throw new Error('not understood')
  return notification
}

describe('the output of Icinga 2', () => {
  it('holds all lines: the first is the output, the others the long output', () => {
    expect(read({ ...HOST, output: 'down\nsecond\n\nfourth' })).toMatchObject({
      output: 'down',
      longOutput: 'second\n\nfourth',
    })
    expect(read({ ...HOST, output: '\n\ndown\r\n' })).toMatchObject({ output: 'down', longOutput: null })
  })

  it('keeps a backslash before an n as it is: line breaks are real', () => {
    expect(read({ ...HOST, output: 'C:\\new\nD:\\new' })).toMatchObject({
      output: 'C:\\new',
      longOutput: 'D:\\new',
    })
  })

  it('stands before long output that somebody passes besides', () => {
    expect(read({ ...HOST, output: 'a\nb', longoutput: 'c' }).longOutput).toBe('b\nc')
  })

  it('never has a line break, whatever arrives', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\\n', ' ', '😀') }), (output) => {
        expect(read({ ...HOST, output: `x${output}` }).output).not.toMatch(/[\r\n]/)
      }),
    )
  })
})

it('names of macros, flags and variables are one', () => {
  for (const body of [
    { 'notification.type': 'PROBLEM', 'host.name': 'h', 'service.name': 's', 'service.state': 'WARNING' },
    { NOTIFICATIONTYPE: 'PROBLEM', HOSTNAME: 'h', SERVICENAME: 's', SERVICESTATE: 'WARNING' },
    {
      ICINGA_NOTIFICATIONTYPE: 'PROBLEM',
      ICINGA_HOSTNAME: 'h',
      ICINGA_SERVICENAME: 's',
      ICINGA_SERVICESTATE: '1',
    },
    { cli: 1, notificationtype: 'PROBLEM', hostname: 'h', servicedesc: 's', servicestate: 'WARNING' },
  ]) {
    expect(read(body)).toMatchObject({ host: 'h', service: 's', state: 'WARNING', key: 'h\u001fs' })
  }
})

it('a list is read one by one, with the author under its own name', () => {
  const { notifications } = notify(
    {
      value: [
        { ...HOST, NOTIFICATIONAUTHORNAME: 'Ann' },
        { ...HOST, 'notification.author': 'Ben' },
      ],
    },
    { monitor: 'icinga2' },
  )
  expect(notifications.map(({ author }) => author)).toEqual(['Ann', 'Ben'])
})
