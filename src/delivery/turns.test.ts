import { expect, it } from 'vitest'
import { createTurns, type Turns } from './turns.ts'

const soon = () => new Promise((done) => setImmediate(done))

/** Begins as many as want a turn. @returns how many have one, looked at later */
function want(turns: Turns, count: number): () => number {
  let begun = 0
  for (let one = 0; one < count; one++) void turns.take(false).then(() => begun++)
  return () => begun
}

it('lets one begin, and one more for each that went well, up to the limit', async () => {
  const turns = createTurns(3)
  const begun = want(turns, 20)
  const seen: number[] = []
  for (let given = 0; given < 6; given++) {
    await soon()
    seen.push(begun() - given)
    turns.give('well')
  }
  expect(seen).toEqual([1, 2, 3, 3, 3, 3])
})

it('lets one at a time begin after one that did not go well', async () => {
  const turns = createTurns(3)
  const begun = want(turns, 20)
  for (let given = 0; given < 3; given++) {
    await soon()
    turns.give('well')
  }
  await soon()
  expect(begun()).toBe(6)
  turns.give('ill')
  turns.give('ill')
  await soon()
  expect(begun()).toBe(6)
  turns.give('ill')
  await soon()
  expect(begun()).toBe(7)
})

it('lets who is in a hurry begin first', async () => {
  const turns = createTurns(1)
  const order: string[] = []
  for (const who of ['a', 'b', 'hurry']) void turns.take(who === 'hurry').then(() => order.push(who))
  for (let given = 0; given < 3; given++) {
    await soon()
    turns.give('well')
  }
  expect(order).toEqual(['a', 'hurry', 'b'])
})

it('holds nothing for or against whoever did not use their turn', async () => {
  const turns = createTurns(3)
  const begun = want(turns, 20)
  await soon()
  turns.give('not')
  await soon()
  expect(begun()).toBe(2)
})
