import { EXIT } from './exit.ts'

export const FORMATS = ['table', 'csv', 'json'] as const
export type Format = (typeof FORMATS)[number]

const LIMIT_MAX = 1_000_000

/** @returns true for a format; else false, after saying so */
export function isFormat(format: string): format is Format {
  if (FORMATS.includes(format as Format)) return true
  console.error(`There is no format ${format}. Use ${FORMATS.join(', ')}.`)
  return false
}

/** @returns format and limit, or the exit code after saying what is wrong with them */
export function readFormat(format: string, limit: string): { format: Format; limit: number } | number {
  if (!isFormat(format)) return EXIT.wrong
  const lines = Number(limit)
  if (!Number.isInteger(lines) || lines < 1 || lines > LIMIT_MAX) {
    console.error(`--limit has to be a number from 1 to ${LIMIT_MAX}.`)
    return EXIT.wrong
  }
  return { format, limit: lines }
}
