import type { Meter } from '../core/ports.ts'
import type { ReceiveNotifications, Rejected } from '../flows/receive-notifications.ts'
import type { Intake, Monitor, RawRequest } from '../monitors/monitor.ts'

/** Characters of what was not understood that are kept. */
const EXCERPT_MAX_CHARS = 1_000
/** What one request may add to the record of what was not understood, each line with its excerpt. */
const REJECTED_MAX = 100

/**
 * Has everything that was understood stored, and what was not put into the record, and counts both.
 *
 * @param named the monitor of the address; null on the native route, where all is stored or nothing
 * @param raw the request, of whose body an excerpt is kept where it was not understood
 * @returns what became of each notification, once it is on disk
 * @throws Failure when nothing can be stored
 */
export async function storeIntake(
  { receive, meter }: { readonly receive: ReceiveNotifications; readonly meter: Meter },
  intake: Intake,
  named: Monitor | null,
  raw: RawRequest,
): Promise<Awaited<ReturnType<ReceiveNotifications>>> {
  const rejected = rejectedOf(intake, named, raw)
  const problems = await receive(intake.notifications, rejected)
  const kind = named?.kind.kind ?? 'native'
  for (const { outcome } of problems) meter.count('ackbridge_notifications_total', { kind, outcome })
  if (rejected.length > 0)
    meter.count('ackbridge_notifications_rejected_total', { kind }, intake.rejected.length)
  const { ignored = 0 } = intake
  if (ignored > 0) meter.count('ackbridge_notifications_total', { kind, outcome: 'ignored' }, ignored)
  return problems
}

function rejectedOf(intake: Intake, named: Monitor | null, raw: RawRequest): readonly Rejected[] {
  if (named === null || intake.rejected.length === 0) return []
  const kept = intake.excerpt ?? named.kind.excerpt?.(raw) ?? raw.bytes.toString('utf8', 0, EXCERPT_MAX_CHARS)
  const excerpt = kept.slice(0, EXCERPT_MAX_CHARS).toWellFormed()
  const { name: monitor } = named
  const told = intake.rejected.slice(0, REJECTED_MAX).map((issues) => ({
    monitor,
    reason: issues
      .map(({ path, message }) => `${path} ${message}`.trim())
      .join('; ')
      .slice(0, EXCERPT_MAX_CHARS),
    excerpt,
  }))
  const more = intake.rejected.length - told.length
  return more === 0 ? told : [...told, { monitor, reason: `${more} more were not understood`, excerpt }]
}
