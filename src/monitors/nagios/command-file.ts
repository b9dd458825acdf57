import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'

/*
 * The command file is a fifo that the monitor reads. Without O_NONBLOCK, opening it waits until somebody reads it and
 * writing until there is room, for ever if need be; with it, both say at once that they cannot (fifo(7), pipe(7)).
 * A symbolic link on the way is fine: what counts is what was opened, and that is looked at.
 */

/**
 * Writes a line, all of it or nothing.
 *
 * @param line at most PIPE_BUF bytes
 * @throws Failure when it was not taken
 */
export async function writeCommand(path: string, line: string, monitor: string): Promise<void> {
  const fifo = await openFifo(path, monitor)
  try {
    const bytes = Buffer.from(line)
    const { bytesWritten } = await fifo.write(bytes)
    if (bytesWritten !== bytes.length) {
      throw new Failure(
        'unavailable',
        { kind: 'ambiguous' },
        `The command file of ${monitor} took only a part of the order.`,
      )
    }
  } catch (error) {
    throw error instanceof Failure ? error : failureOf(error, path, monitor)
  } finally {
    await fifo.close().catch(() => undefined)
  }
}

/** Tries what can be tried without writing. */
export async function examineCommandFile(path: string, monitor: string): Promise<Finding> {
  const what = 'command file'
  try {
    const fifo = await openFifo(path, monitor)
    await fifo.close()
    return { what, ok: true, found: `${path} can be written to, and ${monitor} reads it.`, advice: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const isAway = /^(ENXIO|EAGAIN)/.test(error.detail ?? '')
    const found = error.message
    return { what: isAway ? `reach ${what}` : what, ok: false, found, advice: adviceOf(error, path) }
  }
}

async function openFifo(path: string, monitor: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    throw failureOf(error, path, monitor)
  }
  const isFifo = await file.stat().then(
    (stat) => stat.isFIFO(),
    () => false,
  )
  if (isFifo) return file
  await file.close().catch(() => undefined)
  throw noFifo(path, monitor)
}

function noFifo(path: string, monitor: string): Failure {
  return new Failure(
    'invalid',
    { kind: 'never' },
    `The configured command file of ${monitor} is not a named pipe, so nothing is written to it.`,
    { detail: path },
  )
}

function failureOf(error: unknown, path: string, monitor: string): Failure {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException
  const more = { detail: `${code} ${path}`, cause: error }
  const later = { kind: 'later' } as const
  switch (code) {
    case 'ENXIO':
    case 'EPIPE':
      return new Failure(
        'unavailable',
        later,
        `${monitor} is not running: nobody reads its command file.`,
        more,
      )
    case 'EAGAIN':
      return new Failure('unavailable', later, `${monitor} does not read its command file: it is full.`, more)
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure('unavailable', later, `The command file of ${monitor} is not there.`, more)
    case 'EACCES':
    case 'EPERM':
      return new Failure('unauthorized', later, `The command file of ${monitor} may not be written.`, more)
    case 'EISDIR':
      return noFifo(path, monitor)
    default:
      return new Failure(
        'unavailable',
        later,
        `The command file of ${monitor} cannot be written (${code}).`,
        more,
      )
  }
}

function adviceOf({ code, detail }: Failure, path: string): string {
  if (code === 'unauthorized') {
    return `Put the user that runs ackbridge into the group of ${path}, and let that group enter its folder; then start ackbridge again.`
  }
  if (code === 'invalid') {
    return 'Set commandFile to what command_file says in the main configuration of the monitor.'
  }
  if (/^(ENOENT|ENOTDIR)/.test(detail ?? '')) {
    return `Compare ${path} with command_file in the main configuration of the monitor, and see that check_external_commands is 1 and that it runs. In a container, mount the folder of the file.`
  }
  return 'Start the monitor, or see why it does not read its commands.'
}
