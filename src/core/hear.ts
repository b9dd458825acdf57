import type { Field, Notification, NotificationType } from './notification.ts'
import type { Check } from './problem.ts'

/**
 * Takes over what a notification says of the check itself. What it does not say stays; and what it says again is the very
 * same value as before, so that a repeat is known to change nothing without a look into it, and leaves nothing behind in
 * memory.
 *
 * @param type of the notification, as its state has it
 * @param time when it happened, epoch ms
 * @param now when it came, epoch ms
 * @returns the check with this notification as its last
 */
export function hear(
  check: Check,
  n: Notification,
  type: NotificationType,
  time: number,
  now: number,
): Check {
  return {
    ...check,
    host: n.host === check.host ? check.host : n.host,
    service: n.service === check.service ? check.service : n.service,
    hostDisplayName: newer(n.hostDisplayName, check.hostDisplayName),
    serviceDisplayName: newer(n.serviceDisplayName, check.serviceDisplayName),
    address: newer(n.address, check.address),
    url: newer(n.url, check.url),
    labels: n.labels === null || sameLabels(n.labels, check.labels) ? check.labels : n.labels,
    fields: n.fields === null || sameFields(n.fields, check.fields) ? check.fields : n.fields,
    last: { type, state: n.state, output: n.output, author: n.author, comment: n.comment, time },
    tally: { ...check.tally, lastSeen: now },
  }
}

function newer(said: string | null, known: string | null): string | null {
  return said === null || said === known ? known : said
}

/** Their order counts: it is the sender's, and shown. */
function sameLabels(a: Readonly<Record<string, string>>, b: Check['labels']): boolean {
  if (b === null) return false
  const names = Object.keys(a)
  const known = Object.keys(b)
  return names.length === known.length && names.every((name, at) => name === known[at] && a[name] === b[name])
}

function sameFields(a: readonly Field[], b: Check['fields']): boolean {
  if (b === null || a.length !== b.length) return false
  return a.every(({ label, value }, at) => label === b[at]?.label && value === b[at]?.value)
}
