import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPlayground } from '../../../src/playground/server.ts'
import { portOf, startCommand } from '../command.ts'
import { environment, killAgainAndAgain, type Outcome } from './lane.ts'

/** The longest that a server lives, ms. */
const LIFE_MS = 1_100

export type LanesOptions = {
  /** Servers side by side, each with a database of its own. */
  readonly lanes: number
  /** Kills of each. */
  readonly kills: number
  readonly speed: number
  readonly say: (line: string) => void
}

/**
 * Kills several servers side by side, and says how that went. The seed of a run is chance, or `CRASH_SEED`; each lane has
 * the next one.
 */
export async function killLanes({ lanes, kills, speed, say }: LanesOptions): Promise<readonly Outcome[]> {
  const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1_000_000))
  const cache = mkdtempSync(join(tmpdir(), 'ackbridge-compiled-'))
  try {
    await fill(cache)
    const outcomes = await Promise.all(
      Array.from({ length: lanes }, (_, lane) =>
        killAgainAndAgain({ seed: seed + lane, kills, speed, lifeMs: LIFE_MS, cache }),
      ),
    )
    for (const { counts, ways, seed: one, faultsOfSlack } of outcomes)
      say(
        `seed ${one}: ${kills} kills ${JSON.stringify(ways)}, ${faultsOfSlack} faults of Slack; ${JSON.stringify(counts)}`,
      )
    return outcomes
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

/** Compiled code is written down when a process ends well, which those that are killed never do. */
async function fill(cache: string): Promise<void> {
  const playground = await startPlayground()
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-crash-'))
  const env = { ...environment(playground, join(folder, 'first.db')), NODE_COMPILE_CACHE: cache }
  const server = startCommand(['start'], env, folder)
  await portOf(server)
  server.child.kill('SIGTERM')
  await server.ended
  await playground.close()
  rmSync(folder, { recursive: true, force: true })
}
