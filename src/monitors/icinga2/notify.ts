import type { Notification } from '../../core/notification.ts'
import type { Body, Intake, IntakeContext } from '../monitor.ts'
import { notifyByMacros } from '../shared/macros.ts'

const IDENTITY = { host: ['hostname', 'host'], service: ['servicename', 'servicedesc', 'service'] }

/**
 * Reads what an Icinga 2 notification command passes on: the flags of `ackbridge notify`, `ICINGA_` variables, or JSON
 * with the names of the macros (`host.name` and `HOSTNAME` are one).
 */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const named = Array.isArray(value) ? value.map(withKnownNames) : withKnownNames(value)
  const { notifications, rejected } = notifyByMacros({ value: named }, monitor, IDENTITY)
  return { notifications: notifications.map(withSplitOutput), rejected }
}

/** Icinga's own scripts call the author of a notification by a name that no other program of the family has. */
const AUTHOR_NAME = /^(icinga[^a-z0-9]*)?notification[^a-z0-9]*author[^a-z0-9]*name$/i

function withKnownNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const name = Object.keys(value).find((key) => AUTHOR_NAME.test(key))
  if (name === undefined || 'notificationauthor' in value) return value
  return { ...value, notificationauthor: (value as Readonly<Record<string, unknown>>)[name] }
}

/** The output macro holds all lines; the first is the output, as in the other programs of the family. */
function withSplitOutput(notification: Notification): Notification {
  const { first, rest } = splitOutput(notification.output)
  if (first === notification.output) return notification
  const longOutput = [rest, notification.longOutput ?? ''].filter((part) => part.trim() !== '').join('\n')
  return { ...notification, output: first, longOutput: longOutput === '' ? null : longOutput }
}

/** @returns the first line that is not empty, and what follows it */
export function splitOutput(output: string): { readonly first: string; readonly rest: string } {
  const text = output.replace(/^\n+/, '')
  const end = text.indexOf('\n')
  return end < 0 ? { first: text, rest: '' } : { first: text.slice(0, end), rest: text.slice(end + 1) }
}
