/*
 * Who flushes a spool: at most one process, also after a kill -9, without help from the kernel, because neither Node nor
 * a POSIX shell has flock. contrib/ackbridge-notify follows the same protocol in the same folder.
 *
 * `lock/` holds files named by a rising number. The highest number is the lock; lower ones mean nothing.
 *   - Its content is "PID START BOOT" of the holder: process id, start time in ticks since boot (field 22 of
 *     /proc/PID/stat), boot id. A pid alone can come back as another process. Empty content: nobody holds it.
 *   - It may be taken when it is empty or its holder is dead, by creating the next number, complete at once, with
 *     link(2). Of several that try, link lets one through.
 *   - One that was slow may create a number that was used and removed long ago. So after creating, a taker lists again:
 *     with a higher number there, it has lost and removes its own. The highest file is never removed, and one getdents
 *     call reads this small folder at one instant, so it cannot miss it.
 *   - The new holder removes the lower numbers. It releases by emptying its file.
 *
 * The folder belongs to one machine. If two ever flushed at once, bodies could arrive twice; their ids make the server
 * count them as duplicates.
 */
import { errorCode } from './read-settings.ts'

// An import of node:fs costs 1.5 ms more, see send-body.ts.
const { linkSync, mkdirSync, readdirSync, readFileSync, truncateSync, unlinkSync, writeFileSync } =
  process.getBuiltinModule('node:fs')

/** A held lock. */
export interface Lock {
  /** Lets go. Call once. */
  release(): void
}

/**
 * Takes the lock of a spool if it is free.
 *
 * @param random a name part no other process uses
 * @returns undefined when another process holds it
 * @throws the file system's error
 */
export function takeLock(spool: string, random: string): Lock | undefined {
  const folder = `${spool}/lock`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const highest = highestNumber(readdirSync(folder))
  if (highest > 0 && isHeld(`${folder}/${highest}`)) return undefined

  const own = highest + 1
  const path = `${folder}/${own}`
  const temporary = `${folder}/.tmp-${process.pid}-${random}`
  writeFileSync(temporary, identity(), { flag: 'wx', mode: 0o600 })
  try {
    linkSync(temporary, path)
  } catch (error) {
    // EEXIST: another was faster. ENOENT: another took the lock and cleaned up.
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return undefined
    throw error
  } finally {
    unlinkIfThere(temporary)
  }

  const names = readdirSync(folder)
  if (highestNumber(names) > own) {
    unlinkIfThere(path)
    return undefined
  }
  for (const name of names) if (name !== String(own)) unlinkIfThere(`${folder}/${name}`)
  return {
    release() {
      try {
        truncateSync(path)
      } catch (error) {
        // The whole spool was removed meanwhile.
        if (errorCode(error) !== 'ENOENT') throw error
      }
    },
  }
}

function highestNumber(names: readonly string[]): number {
  return names.reduce(
    (highest, name) => (/^\d{1,15}$/.test(name) ? Math.max(highest, Number(name)) : highest),
    0,
  )
}

function isHeld(path: string): boolean {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    // Someone with a higher number has removed it.
    if (errorCode(error) === 'ENOENT') return true
    throw error
  }
  const [pid, start, boot] = content.trim().split(' ')
  if (pid === undefined || !/^[1-9]\d*$/.test(pid)) return false
  if (boot !== bootId()) return false
  return startTime(pid) === start
}

function identity(): string {
  return `${process.pid} ${startTime(String(process.pid))} ${bootId()}\n`
}

/** Ticks from boot to the start of a process; `-` for a living one where there is no /proc; undefined for a dead one. */
function startTime(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold blanks and parentheses itself. A zombie does not flush any more.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    if (bootId() !== '-') return undefined
  }
  try {
    process.kill(Number(pid), 0)
    return '-'
  } catch (error) {
    return errorCode(error) === 'EPERM' ? '-' : undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return '-'
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
