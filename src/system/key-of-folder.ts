import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../core/failure.ts'
import { newIntakeKey } from './new-intake-key.ts'

/** A shorter one is no key but an accident. */
const KEY_MIN_CHARS = 16

/**
 * The key in `notify.key` beside the database. Without any key nobody could send, and without a check anybody could; so
 * one is made, readable by its owner only. It goes on working until the file is removed.
 *
 * @param database path of the database file
 * @param absent `make` a key where there is none, or `leave` it
 * @throws Failure `rejected` when the file cannot be read or written
 */
export function keyOfFolder(
  database: string,
  absent: 'make' | 'leave',
): { file: string; key: string } | null {
  const file = join(dirname(database), 'notify.key')
  try {
    const known = read(file)
    if (known !== null) return { file, key: known }
    if (absent === 'leave') return null
    const { key } = newIntakeKey()
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${key}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
    return { file, key }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(
      'rejected',
      { kind: 'never' },
      `The key in ${file} cannot be read or written (${code}).`,
      { cause: error },
    )
  }
}

function read(file: string): string | null {
  try {
    const key = readFileSync(file, 'utf8').trim()
    if (key.length < KEY_MIN_CHARS) return null
    chmodSync(file, 0o600)
    return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
