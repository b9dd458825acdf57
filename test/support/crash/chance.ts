/** Chance that comes out the same for the same seed. */
export type Chance = {
  /** At least 0, less than `below`. */
  number(below: number): number
  whole(from: number, to: number): number
  /** @param share between 0 and 1 */
  is(share: number): boolean
  one<Of>(of: readonly Of[]): Of
  /** @returns another, that goes on by itself */
  branch(): Chance
}

/** Mulberry32. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    number: (below) => next() * below,
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    is: (share) => next() < share,
    one: <Of>(of: readonly Of[]): Of => {
      const found = of[Math.floor(next() * of.length)]
      if (found === undefined) throw new Error('There is nothing to choose from.')
      return found
    },
    branch: () => createChance(Math.floor(next() * 2 ** 32)),
  }
}
