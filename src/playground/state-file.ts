/* Keeps the workspace across restarts of the playground. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isObject, parseJson } from './json.ts'
import type { Snapshot, Workspace } from './workspace.ts'

const debounceMs = 300
const version = 1

/** @returns undefined when there is no file yet; a file that cannot be understood is put aside as `.broken` */
export function readState(file: string): Snapshot | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const state = parseJson(text)
  if (isObject(state) && state['version'] === version && isObject(state['identity'])) {
    return state as unknown as Snapshot
  }
  renameSync(file, `${file}.broken`)
  return undefined
}

/** Writes after every change, at most about three times a second, and once more at close. */
export class StateWriter {
  readonly #file: string
  readonly #workspace: Workspace
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(file: string, workspace: Workspace) {
    this.#file = file
    this.#workspace = workspace
    mkdirSync(dirname(file), { recursive: true })
    this.#unsubscribe = workspace.onChange(() => {
      this.#timer ??= setTimeout(() => this.#writeQuietly(), debounceMs)
    })
  }

  /** @throws Error when the file cannot be written */
  close(): void {
    this.#unsubscribe()
    this.#write()
  }

  /** A full disk must not end the playground; the next change tries again. */
  #writeQuietly(): void {
    try {
      this.#write()
    } catch {
      this.#timer = undefined
    }
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const partial = `${this.#file}.partial`
    // The file holds the playground's tokens, which are worthless elsewhere but open this workspace.
    writeFileSync(partial, JSON.stringify({ version, ...this.#workspace.snapshot() }), { mode: 0o600 })
    renameSync(partial, this.#file)
  }
}
