import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { takeLock } from './take-lock.ts'

let spool: string
beforeEach(() => {
  spool = mkdtempSync(join(tmpdir(), 'ackbridge-lock-'))
})
afterEach(() => {
  rmSync(spool, { recursive: true, force: true })
})

describe('takeLock', () => {
  test('lets one through, and the next after the release', () => {
    const lock = takeLock(spool, 'a')

    expect(takeLock(spool, 'b')).toBeUndefined()
    lock?.release()
    expect(takeLock(spool, 'c')).toBeDefined()
    expect(readdirSync(`${spool}/lock`)).toEqual(['2'])
  })

  test.each([
    { what: 'a dead process', content: '4194304 1 boot' },
    { what: 'half a line', content: '12' },
    { what: 'nonsense', content: '../../x 1 2' },
    { what: 'nothing', content: '' },
  ])('takes over from $what', ({ content }) => {
    takeLock(spool, 'a')?.release()
    writeFileSync(`${spool}/lock/9`, content)

    expect(takeLock(spool, 'b')).toBeDefined()
    expect(readdirSync(`${spool}/lock`)).toEqual(['10'])
  })

  test('takes over from a process of an earlier boot', () => {
    takeLock(spool, 'a')
    const held = readFileSync(`${spool}/lock/1`, 'utf8')
    writeFileSync(`${spool}/lock/1`, held.replace(/\S+$/m, '00000000-0000-0000-0000-000000000000'))

    expect(takeLock(spool, 'b') === undefined).toBe(!existsSync('/proc/self/stat'))
  })

  test('a release after the spool is gone is no failure', () => {
    const lock = takeLock(spool, 'a')
    unlinkSync(`${spool}/lock/1`)

    expect(() => lock?.release()).not.toThrow()
  })
})
