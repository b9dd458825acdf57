/** How many may do something at once: one at first and after a failure, one more with each that went well. */
export type Turns = {
  /** Resolves when it is the caller's turn; first come, first served. Each turn has to be given back. */
  take(): Promise<void>
  give(wentWell: boolean): void
}

/** @param most turns at once, however well it goes */
export function createTurns(most: number): Turns {
  const waiting: (() => void)[] = []
  let open = 1
  let taken = 0

  function next(): void {
    while (taken < open) {
      const begin = waiting.shift()
      if (begin === undefined) return
      taken++
      begin()
    }
  }

  return {
    take: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        next()
      }),
    give: (wentWell) => {
      open = wentWell ? Math.min(open + 1, most) : 1
      taken--
      next()
    },
  }
}
