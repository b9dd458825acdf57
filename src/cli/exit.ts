/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  /** Try again later. */
  temporary: 1,
  /** Wrong use, or a refusal that stays. */
  wrong: 2,
} as const

/** Exit codes of a plugin of a monitor. https://nagios-plugins.org/doc/guidelines.html#AEN78 */
export const PLUGIN = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const
