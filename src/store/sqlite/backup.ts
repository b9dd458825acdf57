import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { Failure } from '../../core/failure.ts'
import { storeFailure } from './failures.ts'

export type Backup = {
  readonly file: string
  readonly bytes: number
  readonly open: number
  readonly problems: number
  readonly history: number
}

/**
 * Copies the database into a new file while a server uses it. VACUUM INTO reads in one transaction, which holds up no
 * writer and does not begin anew when somebody writes; the copy has no free pages, so nothing that was removed. It gets its
 * name when it is whole, checked and on disk.
 *
 * @param target must not be there yet; its folder must
 * @param pid of this process
 * @throws Failure `rejected` for a target that cannot be, `unavailable` for what may pass, such as a full disk
 */
export function backUp(source: string, target: string, pid: number): Backup {
  const file = resolve(target)
  refuseTarget(file)
  removeLeftovers(file)
  const partial = join(dirname(file), `.${basename(file)}.${pid}.partial`)
  try {
    makeEmpty(partial)
    copy(source, partial)
    const counts = checkCopy(partial)
    flush(partial)
    giveName(partial, file)
    flush(dirname(file))
    return { file, bytes: statSync(file).size, ...counts }
  } finally {
    for (const suffix of ['', '-journal']) rmSync(`${partial}${suffix}`, { force: true })
  }
}

function refuse(sentence: string): Failure {
  return new Failure('rejected', { kind: 'never' }, sentence)
}

function refuseTarget(file: string): void {
  if (existsSync(file)) throw refuse(`There is a file ${file} already. Choose another name, or move it away.`)
  if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory())
    throw refuse(`There is no folder ${dirname(file)}. Make it first.`)
}

/** A backup that was killed leaves its unfinished copy; it is removed once its process is gone. */
function removeLeftovers(file: string): void {
  const folder = dirname(file)
  const start = `.${basename(file)}.`
  for (const name of readdirOf(folder)) {
    if (!name.startsWith(start)) continue
    const pid = /^(\d+)\.partial(?:-journal)?$/.exec(name.slice(start.length))?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true })
  }
}

function readdirOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A folder that may be written and not listed; then leftovers stay.
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Made by us, so that nobody else can read it at any time. */
function makeEmpty(partial: string): void {
  try {
    closeSync(openSync(partial, 'wx', 0o600))
  } catch (error) {
    throw targetFailure(error, dirname(partial))
  }
}

function copy(source: string, partial: string): void {
  let db: Database.Database
  try {
    db = new Database(source, { readonly: true, fileMustExist: true, timeout: 1_000 })
  } catch (error) {
    throw storeFailure(error)
  }
  try {
    if (db.pragma('user_version', { simple: true }) === 0)
      throw refuse(`${source} is no database of ackbridge.`)
    db.prepare('VACUUM INTO ?').run(partial)
  } catch (error) {
    throw isTargets(error) ? targetFailure(error, dirname(partial)) : storeFailure(error)
  } finally {
    db.close()
  }
}

/**
 * Whatever waits in the copy may go out before the copy is put back. It is marked as in doubt, so that a server that starts
 * on the copy looks for it before it sends it.
 */
function checkCopy(partial: string): Omit<Backup, 'file' | 'bytes'> {
  try {
    const db = new Database(partial, { fileMustExist: true })
    try {
      db.exec(
        `UPDATE effects SET ambiguous_since = coalesce(ambiguous_since, attempted, created)
         WHERE method IN ('post', 'thread')`,
      )
      // What a storm or a host's card shows gets a card of its own later, without anything waiting for that now.
      db.exec('UPDATE cards SET copied = (SELECT max(recorded) FROM history) WHERE ts IS NULL')
      const found = db.pragma('integrity_check(1)', { simple: true })
      if (found !== 'ok')
        throw refuse(`The copy is damaged (${found}), so the database may be. No backup was made.`)
      const count = (sql: string): number => db.prepare<[], number>(sql).pluck().get() ?? 0
      return {
        open: count('SELECT count(*) FROM problems WHERE closed IS NULL'),
        problems: count('SELECT count(*) FROM problems'),
        history: count('SELECT count(*) FROM history'),
      }
    } finally {
      db.close()
    }
  } catch (error) {
    throw targetFailure(error, dirname(partial))
  }
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    throw targetFailure(error, path)
  } finally {
    closeSync(descriptor)
  }
}

/** A link refuses where a file has appeared meanwhile; a rename would take its place. */
function giveName(partial: string, file: string): void {
  try {
    linkSync(partial, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw refuse(`There is a file ${file} now. Choose another name, or move it away.`)
    // Some file systems know no links.
    refuseTarget(file)
    renameSync(partial, file)
  }
}

/** Of the source, reading can fail; everything else is about the copy. */
function isTargets(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code)
  return /^SQLITE_(FULL|READONLY|CANTOPEN|IOERR_(WRITE|FSYNC|TRUNCATE|SHMSIZE))/.test(code)
}

function targetFailure(error: unknown, where: string): Error {
  if (error instanceof Failure) return error
  const code = String((error as { code?: unknown }).code)
  const made = 'No backup was made.'
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG|SQLITE_IOERR)/.test(code))
    return new Failure(
      'unavailable',
      { kind: 'later' },
      `The backup could not be written to ${where}: the disk is full or reports an error (${code}). ${made}`,
      { cause: error },
    )
  if (/^(E[A-Z]+|SQLITE_(CANTOPEN|READONLY).*)$/.test(code))
    return refuse(`Nothing can be written to ${where} (${code}). ${made} Choose another place.`)
  return error as Error
}
