import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { AnsweredRows } from './answered-rows.ts'
import type { ServerSpec } from './server-process.ts'

/*
 * Alertmanager takes the same alerts and keeps them in memory only, so it owes nothing to a disk. It has one core, as
 * everybody, and so one thread to run on; no cluster, and a receiver that sends nowhere. It comes with a system's packages
 * and not with npm's, so it is measured where it is there.
 */

/** As Debian calls it; `npm run test:system:install` brings it. */
const PROGRAM = 'prometheus-alertmanager'

/** @returns how it is started; null where it is not installed */
export function alertmanagerSpec(folder: string, pinned: boolean): ServerSpec | null {
  const program = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((place) => join(place, PROGRAM))
    .find((file) => existsSync(file))
  if (program === undefined) return null
  mkdirSync(join(folder, 'data'), { recursive: true })
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }))
  return {
    program,
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--cluster.listen-address=',
    ],
    env: { GOMAXPROCS: '1' },
    folder,
    pinned,
    port: /msg="Listening on" address=127\.0\.0\.1:(\d+)/,
  }
}

/** Counts by its own metrics what it took. */
export function createReceivedAlerts(port: number): AnsweredRows {
  let last = 0
  return {
    count: async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      const lines = text.matchAll(/^alertmanager_alerts_received_total\{[^}]*\} (\S+)$/gm)
      const all = [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
      const since = all - last
      last = all
      return since
    },
  }
}
