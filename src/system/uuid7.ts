import { randomBytes } from 'node:crypto'

/** Random bytes drawn at once; asking for sixteen at a time costs more than the rest of the id. */
const POOL_BYTES = 4096

/** @returns a function that makes a UUIDv7 (RFC 9562) for a time in epoch ms */
export function createUuid7(): (at: number) => string {
  let pool = randomBytes(POOL_BYTES)
  let used = 0
  return (at) => {
    if (used + 10 > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES)
      used = 0
    }
    const random = pool.toString('hex', used, used + 10)
    used += 10
    const time = at.toString(16).padStart(12, '0')
    const variant = ((Number.parseInt(random[3] ?? '0', 16) & 3) | 8).toString(16)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(8)}`
  }
}
