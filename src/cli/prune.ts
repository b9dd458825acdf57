import { type BesideStore, openStoreBeside } from '../store/open.ts'
import { systemClock } from '../system/clock.ts'
import { bytesInWords } from './bytes-in-words.ts'
import { EXIT } from './exit.ts'
import { settings } from './settings.ts'

export type PruneOptions = {
  readonly before?: string
  readonly dryRun?: boolean
  readonly person?: string
  readonly name?: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000
/** Between two steps; a server that runs has the writers' lock to itself meanwhile. */
const PAUSE_MS = 20

/** Removes what ended long ago, or a person, beside a server that may be running. */
export async function prune(options: PruneOptions): Promise<number> {
  const { before, person, name } = options
  if (person !== undefined || name !== undefined) return removePerson(options)
  const { database, retention } = settings()
  const now = Date.now()
  const cutoff = before === undefined ? now - retention.historyDays * DAY_MS : readBefore(before, now)
  if (cutoff === null) {
    console.error(
      `--before ${before} is neither a number of days, such as 90, nor a date that is over, such as 2026-01-31.`,
    )
    return EXIT.wrong
  }
  const store = openStoreBeside(database)
  try {
    const dryRun = options.dryRun === true
    const { history, problems, checks, others } = await store.prune({ cutoff, now, dryRun }, pause)
    console.log(
      `${dryRun ? 'Would be removed' : 'Removed'}, of what ended before ${new Date(cutoff).toISOString()}: ${history} lines of history, ${problems} problems, ${checks} checks, ${others} other entries.`,
    )
    if (!dryRun) tellFree(store)
    return EXIT.done
  } finally {
    store.close()
  }
}

/** @returns epoch ms; null when it is nothing that is over */
function readBefore(text: string, now: number): number | null {
  if (/^\d{1,5}$/.test(text)) return Number(text) < 1 ? null : now - Number(text) * DAY_MS
  if (!/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) || at > now ? null : at
}

async function removePerson({ before, dryRun, person, name = [] }: PruneOptions): Promise<number> {
  if (before !== undefined || dryRun === true) {
    console.error('A person is removed from everything and at once: leave out --before and --dry-run.')
    return EXIT.wrong
  }
  if (person !== undefined && !/^[UW][A-Z0-9]{4,30}$/.test(person)) {
    console.error(
      `${person} is no id of a person in Slack. It stands in their profile (Copy member ID) and looks like U0123ABCD.`,
    )
    return EXIT.wrong
  }
  if (name.some((one) => one.trim() === '')) {
    console.error('--name wants a name.')
    return EXIT.wrong
  }
  const store = openStoreBeside(settings().database)
  try {
    const who = { id: person ?? null, names: name }
    const { history, problems, checks, effects, others } = await store.removePerson(who, pause)
    const isWiped = await store.wipeFree(pause)
    console.log(
      `${person ?? name.join(', ')} was taken out of ${history} lines of history, ${problems} problems, ${checks} checks, ${effects} deliveries that wait and ${others} other entries.`,
    )
    if (isWiped) return EXIT.done
    console.error(
      'The write-ahead log is in use and may still hold what was removed. Run the same again in a while.',
    )
    return EXIT.temporary
  } finally {
    store.close()
  }
}

function tellFree(store: BesideStore): void {
  const { databaseBytes, freeBytes } = store.sizes()
  console.log(
    `The file has ${bytesInWords(databaseBytes)}, of which ${bytesInWords(freeBytes)} are free and will be used again.`,
  )
}

function pause(): Promise<void> {
  return new Promise((resolve) => systemClock.timer(PAUSE_MS, resolve))
}
