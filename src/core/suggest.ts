/** Names further from what was asked are no suggestion. */
const DISTANCE_MAX = 3
const SUGGESTIONS_MAX = 3
/** Characters that are compared; the work grows with their square. */
const COMPARED_MAX_CHARS = 64

/**
 * Finds names that were probably meant: those that begin with or contain what was asked, then those that differ in few
 * letters. Ignores case.
 *
 * @returns at most three, nearest first
 */
export function suggest(asked: string, names: readonly string[]): readonly string[] {
  const wanted = asked.toLowerCase()
  return names
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= DISTANCE_MAX)
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ name }) => name)
}

function distanceTo(wanted: string, name: string): number {
  if (wanted.length >= 2 && name.startsWith(wanted)) return 0.5
  if (wanted.length >= 3 && name.includes(wanted)) return 1
  const allowed = Math.min(DISTANCE_MAX, Math.floor(Math.max(wanted.length, name.length) / 3))
  if (Math.abs(wanted.length - name.length) > allowed) return Number.POSITIVE_INFINITY
  const distance = editDistance(wanted.slice(0, COMPARED_MAX_CHARS), name.slice(0, COMPARED_MAX_CHARS))
  return distance <= allowed ? distance : Number.POSITIVE_INFINITY
}

/** @returns how many letters have to be changed, added, removed or swapped with their neighbour */
export function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : change
      current.push(Math.min(change, swap, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
