import pino from 'pino'
import type { Log } from '../core/ports.ts'

/** Whatever an error of a library carries along, these never reach the log. */
const SECRET_PATHS = [
  'token',
  'authorization',
  'headers',
  'config',
  'err.config',
  'err.headers',
  'err.request',
  'err.data',
  'err.original',
  'err.cause.config',
]

/** @returns a logger of JSON lines on standard error, where they mix with nothing a command prints */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, redact: { paths: SECRET_PATHS, remove: true } },
    pino.destination({ fd: 2, sync: true }),
  )
}
