/* What can be done to a problem in one call of `event.acknowledge`, as bits. */

export const ACKNOWLEDGE = 2
export const MESSAGE = 4
export const UNACKNOWLEDGE = 16
/** Since 6.2. */
export const SUPPRESS = 32
/** Since 6.2. */
export const UNSUPPRESS = 64

/** The first release that can suppress a problem, as `major * 100 + minor`. */
export const SUPPRESSES_SINCE = 602
