/*
 * History lines and effects are many, so their ids are not stored: a UUIDv7 is made of the time and the row. RFC 9562
 * (section 6.2) allows a counter in place of random bits; the row is one. The three digits after the version tell
 * tables apart.
 */

const TABLE_DIGITS = { history: '4a1', effects: 'eff' } as const

/** @returns the id of a row that was written at `at` (epoch ms); always the same one for the same row */
export function rowId(table: keyof typeof TABLE_DIGITS, at: number, row: number): string {
  const time = at.toString(16).padStart(12, '0')
  const counter = row.toString(16).padStart(15, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${TABLE_DIGITS[table]}-8${counter.slice(0, 3)}-${counter.slice(3)}`
}

const ROW_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})$/

/** @returns when and where the row of this id was written; null for what is no id of this table */
export function rowOfId(table: keyof typeof TABLE_DIGITS, id: string): { at: number; row: number } | null {
  const [, high = '', low = '', digits, counter = '', rest = ''] = ROW_ID.exec(id.toLowerCase()) ?? []
  if (digits !== TABLE_DIGITS[table]) return null
  return { at: Number.parseInt(high + low, 16), row: Number.parseInt(counter + rest, 16) }
}
