/** How a turn was used. */
export type TurnUsed = 'well' | 'ill' | 'not'

/** How many may do something at once: one at first and after a failure, one more with each that went well. */
export type Turns = {
  /**
   * Resolves when it is the caller's turn; first come, first served, but for who is in a hurry. Each turn has to be given
   * back.
   */
  take(isUrgent: boolean): Promise<void>
  give(used: TurnUsed): void
}

/** @param most turns at once, however well it goes */
export function createTurns(most: number): Turns {
  const urgent: (() => void)[] = []
  const waiting: (() => void)[] = []
  let open = 1
  let taken = 0

  function next(): void {
    while (taken < open) {
      const begin = urgent.shift() ?? waiting.shift()
      if (begin === undefined) return
      taken++
      begin()
    }
  }

  return {
    take: (isUrgent) =>
      new Promise((resolve) => {
        const queue = isUrgent ? urgent : waiting
        queue.push(resolve)
        next()
      }),
    give: (used) => {
      if (used !== 'not') open = used === 'well' ? Math.min(open + 1, most) : 1
      taken--
      next()
    },
  }
}
