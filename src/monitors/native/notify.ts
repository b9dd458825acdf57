import type { Notification } from '../../core/notification.ts'
import type { Body, Intake, IntakeContext, Issue } from '../monitor.ts'
import { buildNotification } from '../shared/build-notification.ts'
import { isPlainNotification } from './plain.ts'
import { NativeNotification } from './schema.ts'

/** Reads the native format: one notification, or an array of them. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const given = Array.isArray(value) ? value : [value]
  const notifications: Notification[] = []
  const rejected: Issue[][] = []
  given.forEach((one: unknown, index) => {
    const read = readOne(one, monitor)
    if ('key' in read) notifications.push(read)
    else rejected.push(Array.isArray(value) ? read.issues.map((issue) => within(index, issue)) : read.issues)
  })
  return { notifications, rejected }
}

function within(index: number, { path, message }: Issue): Issue {
  return { path: path === '' ? `[${index}]` : `[${index}].${path}`, message }
}

function readOne(value: unknown, monitor: string): Notification | { issues: Issue[] } {
  // The common case is checked by hand, because the schema costs more than the rest of the request; it words the faults.
  if (isPlainNotification(value)) return buildNotification(value, monitor)
  const parsed = NativeNotification.safeParse(value)
  if (parsed.success) return buildNotification(parsed.data, monitor)
  return {
    issues: parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  }
}
