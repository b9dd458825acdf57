/*
 * Every limit of what the server holds at once, with its unit and why. Together they bound its memory whatever arrives; what
 * is beyond them is refused at once, with 429 or 503 and Retry-After, and its sender keeps it.
 */

/** What may be held at once. */
export type HeldMax = {
  /** Requests that were let in and are not answered. */
  readonly requests: number
  /** Bytes of their bodies that let nobody else in. */
  readonly bytes: number
  /** Bytes of their bodies at most: what is above `bytes` is for bodies that are on their way. */
  readonly bytesHard: number
  /** Notifications in them that wait to be stored. */
  readonly notifications: number
}

/**
 * What holds notifications. Requests: each costs some 10 KiB besides its body. Bytes: what a body says costs up to ten times
 * its bytes for a moment, one body at a time, and about as much as its bytes while it waits. Notifications: 16 transactions,
 * which is a second on a disk that takes 50 ms to flush; whoever waits much longer has gone and sends it again.
 */
export const INTAKE_MAX: HeldMax = {
  requests: 4_096,
  bytes: 24 * 1024 * 1024,
  bytesHard: 32 * 1024 * 1024,
  notifications: 8_192,
}

/**
 * What comes from Slack, which is known to be Slack's only when it was read. A click is a few KiB, and Slack sends some a
 * second; apart from the above, so that clicks get in however many notifications do not.
 */
export const SLACK_MAX: HeldMax = {
  requests: 512,
  bytes: 12 * 1024 * 1024,
  bytesHard: 16 * 1024 * 1024,
  notifications: Number.POSITIVE_INFINITY,
}

/** Bytes that a piece of a body takes besides its content: whoever sends byte by byte would fill memory with the rest. */
export const CHUNK_OVERHEAD_BYTES = 256

/** Connections that are open at once; each takes some 10 KiB, here and in the system. One more is closed at once. */
export const CONNECTIONS_MAX = 8_192
/** From so many connections on, those that wait for their next request are closed. */
export const CONNECTIONS_CROWDED = 6_144

/** That senders are turned away is logged this often at most. */
export const OVERLOAD_TOLD_EVERY_MS = 60_000
