import { hash, randomBytes } from 'node:crypto'

/** Letters and digits that nobody takes for each other. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/**
 * Makes a new key for a sender or reader: `ab_`, a public id of 8 characters, a secret of 32.
 *
 * @returns the key, which is to be shown once, and what is kept of it: the id and the SHA-256 of the whole key
 */
export function newIntakeKey(): { key: string; id: string; digest: Buffer } {
  const id = [...randomBytes(8)].map((byte) => ALPHABET[byte & 31]).join('')
  const key = `ab_${id}_${randomBytes(24).toString('base64url')}`
  return { key, id, digest: hash('sha256', key, 'buffer') }
}
