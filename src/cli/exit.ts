/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  /** Try again later. */
  temporary: 1,
  /** Wrong use, or a refusal that stays. */
  wrong: 2,
} as const
