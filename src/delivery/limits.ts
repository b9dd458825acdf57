/*
 * Every limit of delivery, with its unit and why.
 * Slack's rates: https://docs.slack.dev/apis/web-api/rate-limits
 */

/** Messages to one channel: one a second, with a short burst that Slack tolerates. */
export const CHANNEL_EVERY_MS = 1_000
export const CHANNEL_BURST = 3

/** chat.update is a tier 3 method: 50 a minute for the whole workspace, not for each channel. */
export const UPDATES_PER_MINUTE = 50
export const UPDATE_BURST = 10

/** Longer than any call to Slack may take, so that a lease never ends while its effect is on the way. */
export const LEASE_MS = 60_000

/** Back-off after a failure: doubled from the first to the last. */
export const BACKOFF_FIRST_MS = 1_000
export const BACKOFF_MAX_MS = 5 * 60_000

/** Back-off towards a monitor is shorter: somebody waits for the acknowledgement to be true. */
export const ORDER_BACKOFF_MAX_MS = 30_000

/**
 * After so many different orders that a monitor failed at, and none that went well meanwhile, it is left alone even where
 * each failure seemed to be about one order: it can be read and not told. One order then shows whether it is well again.
 */
export const MONITOR_FAILURES_IN_A_ROW = 3

/** What was done and could not be written down is tried to be written this often at least. */
export const SETTLE_RETRY_MAX_MS = 10_000

/** Slack asks for seconds; what asks for more than this is asked again sooner. */
export const RETRY_AFTER_MAX_MS = 10 * 60_000

/** Attempts for a failure that nobody knows; then the effect is parked for the operator to look at. */
export const UNKNOWN_FAILURE_ATTEMPTS = 5

/** After Slack refused the token, one attempt this often shows whether the operator has changed it. */
export const STOPPED_RETRY_MS = 60_000

/**
 * What is parked because its channel takes nothing is tried again this often, one message of each channel, until
 * somebody has put the channel right.
 */
export const PROBE_MS = 10 * 60_000

/** A database that another process has written is noticed within this; looking costs some microseconds. */
export const OUTSIDE_LOOK_MS = 500

/** Channels and cards that the operator was told of are remembered up to so many, so that each is told once. */
export const TOLD_MAX = 1_000

/** Reasons and channels that are named in one list of problems. */
export const REASONS_TOLD = 5
export const CHANNELS_TOLD = 5

/** Slack takes answers to a person's action for 30 minutes; later they are dropped. */
export const REPLY_MAX_AGE_MS = 28 * 60_000

/** A channel rings at most this often, however much gets worse at once. */
export const RING_EVERY_MS = 30_000

/** A lane that waits for a time of day looks again after this long, because the clock may be set meanwhile. */
export const RECHECK_MS = 60_000

/** Lanes of Slack that are served at the same time. */
export const LANES_AT_ONCE = 16

/** Monitors that are spoken with at the same time; Slack's lanes and theirs never wait for each other. */
export const MONITORS_AT_ONCE = 16

/**
 * Orders of one monitor that are under way at the same time. They look at it together, and a look may read all of its
 * comments: so each of them reads a hundredth of what it would alone. Each is some kB of memory.
 */
export const ORDERS_AT_ONCE = 256

/** Orders that go first and need not wait for a place among those: people who act, each by themself. */
export const URGENT_AT_ONCE = 16

/**
 * An order that has waited longer for its turn looks again before it is told, ms: what it is about may be over, and the next
 * problem of that check must not be acknowledged by it. As long as a call to a monitor may take.
 */
export const TURN_WAIT_MAX_MS = 10_000

/** Checks that are read for orders in one call of a kind, which divides them into what its monitor takes. */
export const READ_TOGETHER_MAX = 256

/** Orders that one monitor is told at the same time: a few of the workers that a small one has for people too. */
export const TOLD_AT_ONCE = 4

/** A comment that may have arrived is sent this often before it counts as failed. */
export const COMMENT_ATTEMPTS_MAX = 3
