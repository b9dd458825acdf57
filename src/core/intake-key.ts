/** A key of a sender or reader. The key itself is shown once; only its digest is kept. */
export type IntakeKey = {
  /** Public; stands inside the key, so that a key can be named without being known. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the whole key. */
  readonly digest: Uint8Array
  /** Names of monitors it may speak for; `*` is all. */
  readonly monitors: readonly string[]
  readonly mayRead: boolean
  /** The one channel its notifications may ask for. */
  readonly channel: string | null
  readonly created: number
  readonly revoked: number | null
}

export type IntakeKeys = {
  list(): readonly IntakeKey[]
  add(key: Omit<IntakeKey, 'revoked'>): void
  /** @returns how many keys of that id or name were revoked */
  revoke(idOrName: string, at: number): number
  /** Changes when another process has written. */
  version(): number
}
