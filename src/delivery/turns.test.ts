import { expect, it } from 'vitest'
import { createTurns, type Turns } from './turns.ts'

const soon = () => new Promise((done) => setImmediate(done))

/** Begins as many as want a turn. @returns how many have one, looked at later */
function want(turns: Turns, count: number): () => number {
  let begun = 0
  for (let one = 0; one < count; one++) void turns.take().then(() => begun++)
  return () => begun
}

it('lets one begin, and one more for each that went well, up to the limit', async () => {
  const turns = createTurns(3)
  const begun = want(turns, 20)
  const seen: number[] = []
  for (let given = 0; given < 6; given++) {
    await soon()
    seen.push(begun() - given)
    turns.give(true)
  }
  expect(seen).toEqual([1, 2, 3, 3, 3, 3])
})

it('lets one at a time begin after one that did not go well', async () => {
  const turns = createTurns(3)
  const begun = want(turns, 20)
  for (let given = 0; given < 3; given++) {
    await soon()
    turns.give(true)
  }
  await soon()
  expect(begun()).toBe(6)
  turns.give(false)
  turns.give(false)
  await soon()
  expect(begun()).toBe(6)
  turns.give(false)
  await soon()
  expect(begun()).toBe(7)
})
