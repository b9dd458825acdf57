import { Refusal } from '../refusal.ts'

/**
 * One page of a list, in Slack's way of cursors.
 *
 * @param cursor what an earlier page gave
 * @throws Refusal invalid_cursor
 */
export function pageOf<T>(
  all: T[],
  limit: number,
  cursor: string | undefined,
): { items: T[]; nextCursor: string } {
  const start = cursor ? Number(Buffer.from(cursor, 'base64').toString().replace('offset:', '')) : 0
  if (!Number.isInteger(start) || start < 0) throw new Refusal('invalid_cursor')
  const end = start + limit
  const nextCursor = end < all.length ? Buffer.from(`offset:${end}`).toString('base64') : ''
  return { items: all.slice(start, end), nextCursor }
}
