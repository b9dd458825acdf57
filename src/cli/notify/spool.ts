/*
 * The spool: a folder of bodies waiting to be sent, one file each, that belongs to one user (0700, files 0600).
 *
 *   MILLISECONDS.PID.RANDOM.MONITOR.json   a body; names sort by time; MONITOR as encodeMonitor writes it
 *   .tmp-NAME                              a body being written; renamed when it is on disk, so no reader sees half a file
 *   rejected/NAME                          a body the server will never take, for people to look at
 *   lock/                                  see take-lock.ts
 *
 * contrib/ackbridge-notify keeps the same folder in the same way. No file holds a key.
 */
import { errorCode } from './read-settings.ts'

// An import of node:fs costs 1.5 ms more, see send-body.ts.
const {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} = process.getBuiltinModule('node:fs')

export const spoolMaxFiles = 10_000
export const spoolMaxBytes = 64 * 1024 * 1024
/** A body is at most this long, bytes: what the server takes in one request. */
const fileMaxBytes = 1024 * 1024
/** Beyond this many refused files the oldest make room. */
const rejectedMaxFiles = 1000
/** A temporary file this old belongs to a command that was killed. */
const abandonedMs = 60_000

const namePattern = /^\d{13}\.\d+\.[0-9a-f]+\.([A-Za-z0-9_%-]+)\.json$/
const temporaryPrefix = '.tmp-'

/** Why a folder is no spool, or takes no more. `exitCode` is the command's. */
export class SpoolRefusal extends Error {
  override readonly name = 'SpoolRefusal'
  readonly exitCode: number
  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Makes sure that the folder exists and belongs to the caller alone; creates it when it is missing.
 *
 * @throws SpoolRefusal when others own or may enter it; the file system's error when it cannot be made
 */
export function openSpool(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // A link is refused with its target unseen: who owns the link decides where the notifications go.
  const stat = lstatSync(folder)
  const uid = process.getuid?.()
  if (!stat.isDirectory()) throw new SpoolRefusal(`${folder} is not a folder (links are not followed)`, 2)
  if (uid !== undefined && stat.uid !== uid) {
    throw new SpoolRefusal(
      `${folder} belongs to user ${stat.uid}, this command runs as user ${uid}; give it a folder of its own`,
      2,
    )
  }
  if ((stat.mode & 0o777) !== 0o700) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
    throw new SpoolRefusal(`${folder} has mode ${mode}, it must be 0700; run "chmod 700 ${folder}"`, 2)
  }
}

/**
 * Stores a body; it is on disk when this returns.
 *
 * @param encodedMonitor see encodeMonitor
 * @returns the file's name
 * @throws SpoolRefusal when the spool is full; the file system's error when it cannot be written
 */
export function storeInSpool(
  folder: string,
  encodedMonitor: string,
  body: string,
  nowMs: number,
  random: string,
): string {
  refuseWhenFull(folder, Buffer.byteLength(body))
  const name = `${String(nowMs).padStart(13, '0')}.${String(process.pid).padStart(7, '0')}.${random}.${encodedMonitor}.json`
  const temporary = `${folder}/${temporaryPrefix}${name}`
  const fd = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    const bytes = Buffer.from(body)
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    fsyncSync(fd)
    renameSync(temporary, `${folder}/${name}`)
  } catch (error) {
    removeFile(temporary)
    throw error
  } finally {
    closeSync(fd)
  }
  syncFolder(folder)
  return name
}

/** Names of the stored bodies, oldest first. */
export function listSpool(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
}

/** The encoded monitor in a file's name. */
export function monitorOf(name: string): string {
  return namePattern.exec(name)?.[1] ?? ''
}

/**
 * Reads a stored body.
 *
 * @returns undefined when the file is gone
 * @throws the file system's error, also when it is not a plain file or longer than a body can be
 */
export function readFromSpool(folder: string, name: string): Buffer | undefined {
  let fd: number
  try {
    fd = openSync(`${folder}/${name}`, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > fileMaxBytes) throw new Error('is not a spooled notification')
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function removeFromSpool(folder: string, name: string): void {
  removeFile(`${folder}/${name}`)
}

/** Puts a body aside that the server will never take. */
export function rejectFromSpool(folder: string, name: string): void {
  const rejected = `${folder}/rejected`
  mkdirSync(rejected, { recursive: true, mode: 0o700 })
  const names = listSpool(rejected)
  for (const old of names.slice(0, Math.max(0, names.length + 1 - rejectedMaxFiles)))
    removeFile(`${rejected}/${old}`)
  renameSync(`${folder}/${name}`, `${rejected}/${name}`)
}

/**
 * Deals with the temporary files of commands that were killed while they wrote: whole ones join the spool.
 * For the holder of the lock only.
 */
export function adoptAbandoned(folder: string, nowMs: number): void {
  for (const temporary of readdirSync(folder).filter((name) => name.startsWith(temporaryPrefix))) {
    const path = `${folder}/${temporary}`
    const name = temporary.slice(temporaryPrefix.length)
    try {
      if (nowMs - lstatSync(path).mtimeMs < abandonedMs) continue
      if (namePattern.test(name) && isWhole(folder, temporary)) renameSync(path, `${folder}/${name}`)
      else removeFile(path)
    } catch (error) {
      // It was renamed or removed by its owner in between.
      if (errorCode(error) !== 'ENOENT') throw error
    }
  }
}

function isWhole(folder: string, name: string): boolean {
  try {
    JSON.parse(readFromSpool(folder, name)?.toString() ?? '')
    return true
  } catch {
    return false
  }
}

function refuseWhenFull(folder: string, addedBytes: number): void {
  const names = listSpool(folder)
  if (names.length >= spoolMaxFiles) {
    throw new SpoolRefusal(
      `${folder} holds ${names.length} notifications that wait to be sent, the limit; this one is not kept`,
      1,
    )
  }
  if ((names.length + 1) * fileMaxBytes <= spoolMaxBytes) return
  let bytes = addedBytes
  for (const name of names) bytes += lstatSync(`${folder}/${name}`, { throwIfNoEntry: false })?.size ?? 0
  if (bytes > spoolMaxBytes) {
    throw new SpoolRefusal(
      `${folder} holds ${spoolMaxBytes / 1024 / 1024} MiB that wait to be sent, the limit; this one is not kept`,
      1,
    )
  }
}

/** A rename is on disk when its folder is. Some file systems cannot sync folders and need not. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error
  } finally {
    closeSync(fd)
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
