import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Settings } from './read-settings.ts'

/** What the flusher needs of the environment; a monitor's hundreds of variables are not held for 10 minutes. */
const passedOn = /^(?:PATH|HOME|TZ|LANG|LC_\w+|NODE_\w+|SSL_\w+|LD_LIBRARY_PATH|RES_OPTIONS|ACKBRIDGE_\w+)$/

/**
 * Starts a process that outlives this one and keeps flushing the spool. The lock sees to it that only one stays.
 * The key reaches it through the environment or its file, never as an argument that everyone may read.
 */
export function startFlusher(
  settings: Settings & { readonly url: URL },
  spool: string,
  env: NodeJS.ProcessEnv,
): void {
  const childEnv: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(env)) if (passedOn.test(name)) childEnv[name] = value
  delete childEnv['ACKBRIDGE_NOTIFY_KEY']
  delete childEnv['ACKBRIDGE_NOTIFY_KEY_FILE']
  childEnv['ACKBRIDGE_URL'] = settings.url.href
  childEnv['ACKBRIDGE_SPOOL'] = spool
  if (settings.keyFile !== undefined) childEnv['ACKBRIDGE_NOTIFY_KEY_FILE'] = settings.keyFile
  else if (settings.key !== undefined) childEnv['ACKBRIDGE_NOTIFY_KEY'] = settings.key

  // The compiled copy of this file starts the compiled copy of the other.
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const program = fileURLToPath(new URL(`./run-notify.${suffix}`, import.meta.url))
  const child = spawn(process.execPath, [program, '--flush', '--for', String(settings.flushSeconds)], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: childEnv,
  })
  // No process left to start: the next notification, or a timer, flushes.
  child.on('error', () => {})
  child.unref()
}
