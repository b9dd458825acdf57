import { inspect } from 'node:util'
import type { Log } from '../../src/core/ports.ts'

export type Line = { readonly level: keyof Log; readonly facts: object; readonly sentence: string }

/** Keeps what is logged. An error that no test announced fails it. */
export class TestLog implements Log {
  readonly lines: Line[] = []
  readonly #announced: RegExp[] = []

  debug = (facts: object, sentence: string): void => this.#add('debug', facts, sentence)
  info = (facts: object, sentence: string): void => this.#add('info', facts, sentence)
  warn = (facts: object, sentence: string): void => this.#add('warn', facts, sentence)
  error = (facts: object, sentence: string): void => this.#add('error', facts, sentence)

  /** Says that an error whose sentence matches is part of the test, and has to happen. */
  announce(sentence: RegExp): void {
    this.#announced.push(sentence)
  }

  /** @returns errors nobody announced, and announcements of errors that did not happen */
  faults(): string[] {
    const errors = this.lines.filter(({ level }) => level === 'error')
    const unannounced = errors.filter(
      ({ sentence }) => !this.#announced.some((known) => known.test(sentence)),
    )
    const missing = this.#announced.filter((known) => !errors.some(({ sentence }) => known.test(sentence)))
    return [
      ...unannounced.map(({ facts, sentence }) => `unannounced error: ${sentence} ${inspect(facts)}`),
      ...missing.map((known) => `announced error did not happen: ${known}`),
    ]
  }

  /** Everything that was logged, as text, to look for secrets in. */
  text(): string {
    return this.lines.map((line) => inspect(line, { depth: 8 })).join('\n')
  }

  #add(level: keyof Log, facts: object, sentence: string): void {
    this.lines.push({ level, facts, sentence })
  }
}
