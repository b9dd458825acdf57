import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { examineCommandFile, writeCommand } from './command-file.ts'
import { LINE_MAX_BYTES } from './command-line.ts'

let folder: string
let fifo: string
const readers: number[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-fifo-'))
  fifo = join(folder, 'nagios.cmd')
  execFileSync('mkfifo', [fifo])
})

afterEach(() => {
  for (const reader of readers.splice(0)) closeSync(reader)
  rmSync(folder, { recursive: true, force: true })
})

function startReader(): number {
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  readers.push(reader)
  return reader
}

function readAll(reader: number): string {
  const buffer = Buffer.alloc(1 << 20)
  return buffer.toString('utf8', 0, readSync(reader, buffer))
}

const failure = (code: string, kind: string, message: RegExp) =>
  expect.objectContaining({ code, retry: { kind }, message: expect.stringMatching(message) })

describe('the command file', () => {
  it('takes a line', async () => {
    const reader = startReader()
    await writeCommand(fifo, '[1] REMOVE_HOST_ACKNOWLEDGEMENT;zoë\n', 'dc1')

    expect(readAll(reader)).toBe('[1] REMOVE_HOST_ACKNOWLEDGEMENT;zoë\n')
    expect(await examineCommandFile(fifo, 'dc1')).toMatchObject({ ok: true, advice: null })
    expect(() => readAll(reader)).not.toThrow()
  })

  it('takes many lines at once, none mixed with another', async () => {
    const reader = startReader()
    const lines = Array.from(
      { length: 12 },
      (_, at) =>
        `${String(at)
          .repeat(LINE_MAX_BYTES)
          .slice(0, LINE_MAX_BYTES - 1)}\n`,
    )
    await Promise.all(lines.map((line) => writeCommand(fifo, line, 'dc1')))

    expect(readAll(reader).split('\n').filter(Boolean).sort()).toEqual(
      lines.map((line) => line.trimEnd()).sort(),
    )
  })

  it('may be a symbolic link', async () => {
    const reader = startReader()
    symlinkSync(fifo, join(folder, 'link'))
    await writeCommand(join(folder, 'link'), 'x\n', 'dc1')

    expect(readAll(reader)).toBe('x\n')
  })

  it('is refused at once while nobody reads it', async () => {
    await expect(writeCommand(fifo, 'x\n', 'dc1')).rejects.toEqual(
      failure('unavailable', 'later', /^dc1 is not running: nobody reads its command file\.$/),
    )
    expect(await examineCommandFile(fifo, 'dc1')).toMatchObject({
      ok: false,
      advice: expect.stringMatching(/Start/),
    })
  })

  it('is refused at once while its reader has stopped reading and it is full', async () => {
    startReader()
    const line = `${'x'.repeat(LINE_MAX_BYTES - 1)}\n`
    const fill = async (): Promise<never> => {
      for (;;) await writeCommand(fifo, line, 'dc1')
    }
    await expect(fill()).rejects.toEqual(failure('unavailable', 'later', /does not read its command file/))
  })

  it('is never an ordinary file, a folder or a device', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'precious')
    symlinkSync(file, join(folder, 'link'))
    for (const path of [file, join(folder, 'link'), folder, '/dev/null']) {
      await expect(writeCommand(path, 'x\n', 'dc1')).rejects.toEqual(
        failure('invalid', 'never', /is not a named pipe/),
      )
      expect(await examineCommandFile(path, 'dc1')).toMatchObject({
        ok: false,
        advice: expect.stringMatching(/command_file/),
      })
    }
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })

  it('may be away, and is not made', async () => {
    for (const path of [join(folder, 'none'), join(fifo, 'none')]) {
      await expect(writeCommand(path, 'x\n', 'dc1')).rejects.toEqual(
        failure('unavailable', 'later', /is not there/),
      )
      expect((await examineCommandFile(path, 'dc1')).advice).toMatch(/check_external_commands/)
    }
  })

  it('says when it may not be written', async () => {
    startReader()
    chmodSync(fifo, 0o444)
    chmodSync(dirname(fifo), 0o755)
    await asNobody(async () => {
      await expect(writeCommand(fifo, 'x\n', 'dc1')).rejects.toEqual(
        failure('unauthorized', 'later', /may not be written/),
      )
      expect((await examineCommandFile(fifo, 'dc1')).advice).toMatch(/group/)
    })
  })
})

/** Root may write everything, so for a moment the process is nobody. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return run()
  process.seteuid?.(65_534)
  try {
    await run()
  } finally {
    process.seteuid?.(0)
  }
}
