import { createRequire } from 'node:module'
import type Database from 'better-sqlite3'

/*
 * Loaded before the real program by `node --import`. It lets the program's time run faster, so that its waits take little
 * of a test's, and kills the process at an exact step of its work with the database.
 *
 * CRASH_SPEED: how many times faster; CRASH_EPOCH: where both times meet, epoch ms; CRASH_AT: `before 17` or `after 17`,
 * the commit at which it ends.
 */

const environment = process.env
const speed = Number(environment['CRASH_SPEED'] ?? 1)
const epoch = Number(environment['CRASH_EPOCH'] ?? 0)

if (speed !== 1) {
  const { now } = Date
  const elapsed = performance.now.bind(performance)
  const timeout = setTimeout
  Date.now = () => Math.floor(epoch + (now() - epoch) * speed)
  performance.now = () => elapsed() * speed
  // Only what the program waits for by its own clock: libraries watch over real connections.
  const isOurs = (): boolean => new Error('where').stack?.includes('/system/clock.ts') === true
  Object.assign(globalThis, {
    setTimeout: (fire: () => void, ms = 0, ...rest: []) => timeout(fire, isOurs() ? ms / speed : ms, ...rest),
  })
}

const [when, at] = (environment['CRASH_AT'] ?? '').split(' ')
if (at !== undefined) killAtCommit(when === 'before', Number(at))

function killAtCommit(before: boolean, nth: number): void {
  const { prototype } = createRequire(import.meta.url)('better-sqlite3') as { prototype: Database.Database }
  const prepare = prototype.prepare as (this: Database.Database, sql: string) => Database.Statement
  let commits = 0
  const wrapped = function (this: Database.Database, sql: string): Database.Statement {
    const statement = prepare.call(this, sql)
    if (sql !== 'COMMIT') return statement
    const run = statement.run.bind(statement)
    statement.run = () => {
      const isLast = ++commits === nth
      if (isLast && before) process.kill(process.pid, 'SIGKILL')
      const result = run()
      if (isLast) process.kill(process.pid, 'SIGKILL')
      return result
    }
    return statement
  }
  Object.assign(prototype, { prepare: wrapped })
}
