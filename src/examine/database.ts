import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/config.ts'
import { Failure } from '../core/failure.ts'
import type { Observation } from '../flows/examine.ts'
import { fileOf, openStoreBeside, type Sizes } from '../store/open.ts'
import { keyOfFolder } from '../system/key-of-folder.ts'

/** Less than this may be full before somebody looks. */
const FREE_MIN_BYTES = 100 * 1024 * 1024
const MIB = 1024 * 1024

/**
 * Tries whether the database can be opened and its file written, and whether anybody has a key. Changes nothing, so it
 * does no harm beside a running server, and makes no database where there is none.
 */
export async function examineDatabase(config: Config): Promise<readonly Observation[]> {
  try {
    const file = fileOf(config.database)
    const folder = existingFolder(dirname(file))
    const refused = notWritable(folder) ?? (existsSync(file) ? notWritable(file) : null)
    if (refused !== null) return [refused]
    if (!existsSync(file) || statSync(file).size === 0) {
      return [
        well('database', 'open', `There is none at ${file} yet; \`ackbridge start\` makes it.`),
        spaceIn(folder),
        keys(config, file, 0),
      ]
    }
    const store = openStoreBeside(config.database)
    try {
      const { open } = store.queries.counts({})
      const inUse = store.keys.list().filter(({ revoked }) => revoked === null).length
      return [
        well('database', 'open', `${file} can be read and written; ${open} open problems.`),
        well('database', 'size', sizeOf(store.sizes())),
        spaceIn(folder),
        keys(config, file, inUse),
      ]
    } finally {
      store.close()
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [
      {
        ...bad('open', error.message, 'Put that right, or set DATABASE_URL to another file.'),
        mayPass: error.retry.kind === 'later' && error.detail?.startsWith('SQLITE_BUSY') === true,
      },
    ]
  }
}

function keys({ notifyKey }: Config, file: string, inUse: number): Observation {
  const known = [
    ...(notifyKey === null ? [] : ['ACKBRIDGE_NOTIFY_KEY']),
    ...(keyOfFolder(file, 'leave') === null ? [] : ['notify.key beside the database']),
    ...(inUse === 0 ? [] : [`${inUse} of \`ackbridge keys add\``]),
  ]
  if (known.length > 0) return well('keys', 'any', `Senders have a key: ${known.join(', ')}.`)
  return well(
    'keys',
    'any',
    'There is none yet; `ackbridge start` makes one in notify.key beside the database.',
  )
}

function sizeOf({ databaseBytes, freeBytes, walBytes }: Sizes): string {
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1)
  return `It has ${mib(databaseBytes)} MiB, of which ${mib(freeBytes)} are free for new entries, and ${mib(walBytes)} MiB of log.`
}

function spaceIn(folder: string): Observation {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const found = `${Math.floor(free / MIB)} MiB are free on the disk of the database.`
  return free < FREE_MIN_BYTES
    ? bad('space', found, 'Make room: when the disk is full, nothing is accepted.')
    : well('database', 'space', found)
}

function existingFolder(folder: string): string {
  let found = folder
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found)
  return found
}

function notWritable(path: string): Observation | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const found = `${path} cannot be read and written by this user (${code}).`
    return bad('open', found, 'Run this as the user of the server, or give it to that user.')
  }
}

function well(part: string, what: string, found: string): Observation {
  return { part, what, ok: true, found, advice: null, mayPass: false, isGrave: false }
}

function bad(what: string, found: string, advice: string): Observation {
  return { part: 'database', what, ok: false, found, advice, mayPass: false, isGrave: true }
}
