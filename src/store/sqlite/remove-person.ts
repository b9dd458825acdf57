import type Database from 'better-sqlite3'
import {
  collectFrom,
  isPerson,
  jsonWithoutPerson,
  type PersonWords,
  SOMEBODY,
  withoutPerson,
} from './person-words.ts'
import { RECOUNT_CHANGED } from './storms.ts'

/*
 * Takes a person out of the database, beside a running server: reads in pieces, writes in short transactions, and
 * overwrites what is free afterwards. Nobody looks for people but this, so there is no index for it: everything is read.
 */

/** Rows read at once, and rows written in one transaction. */
const READ_ROWS = 10_000
const WRITE_ROWS = 100

/** Whom to remove: a Slack id, names, or both. */
export type PersonToRemove = { readonly id: string | null; readonly names: readonly string[] }

/** Rows changed, by where they are. */
export type PersonRemoved = {
  readonly history: number
  readonly problems: number
  readonly checks: number
  readonly effects: number
  readonly others: number
}

type Cell = string | number | null
type Row = Record<string, Cell> & { row: number }

/** How the rows of one table lose a person. */
type Place = {
  readonly table: 'history' | 'problems' | 'checks' | 'effects' | 'cards' | 'storms' | 'bulks'
  readonly columns: readonly string[]
  /** @returns what the columns become */
  readonly change: (row: Row, who: PersonWords) => Record<string, Cell>
}

const text = (who: PersonWords, cell: Cell | undefined): Cell =>
  typeof cell === 'string' ? withoutPerson(who, cell) : (cell ?? null)
const json = (who: PersonWords, cell: Cell | undefined): Cell =>
  typeof cell === 'string' ? jsonWithoutPerson(who, cell) : (cell ?? null)
const word = (cell: Cell | undefined): string | null => (typeof cell === 'string' ? cell : null)
const person = (who: PersonWords, cell: Cell | undefined): Cell =>
  isPerson(who, null, word(cell)) ? SOMEBODY : (cell ?? null)

const mention: Place['change'] = (row, who) => ({
  mention: JSON.stringify(
    (JSON.parse(word(row['mention']) ?? '[]') as string[]).filter((id) => id !== who.id),
  ),
})

const PLACES: readonly Place[] = [
  {
    table: 'history',
    columns: ['actor_id', 'actor_name', 'comment', 'detail'],
    change: (row, who) => {
      const theirs = isPerson(who, word(row['actor_id']), word(row['actor_name']))
      return {
        actor_id: theirs ? null : (row['actor_id'] ?? null),
        actor_name: theirs ? SOMEBODY : (row['actor_name'] ?? null),
        comment: theirs || who.comments.has(word(row['comment']) ?? '') ? null : text(who, row['comment']),
        detail: text(who, row['detail']),
      }
    },
  },
  {
    table: 'problems',
    columns: ['acknowledgement', 'acknowledged_by', 'first_taken_by'],
    change: (row, who) => ({
      acknowledgement: json(who, row['acknowledgement']),
      acknowledged_by: person(who, row['acknowledged_by']),
      first_taken_by: person(who, row['first_taken_by']),
    }),
  },
  {
    table: 'checks',
    columns: ['downtime', 'last_author', 'last_comment'],
    change: (row, who) => ({
      downtime: json(who, row['downtime']),
      last_author: person(who, row['last_author']),
      last_comment: isPerson(who, null, word(row['last_author'])) ? null : text(who, row['last_comment']),
    }),
  },
  {
    table: 'effects',
    columns: ['data', 'error'],
    change: (row, who) => ({ data: json(who, row['data']), error: text(who, row['error']) }),
  },
  { table: 'cards', columns: ['mention'], change: mention },
  { table: 'storms', columns: ['mention'], change: mention },
  {
    table: 'bulks',
    columns: ['command'],
    change: (row, who) => ({ command: json(who, row['command']) }),
  },
]

/**
 * @param db a connection of its own
 * @param pause lets the server have its turn
 */
export async function removePerson(
  db: Database.Database,
  { id, names }: PersonToRemove,
  pause: () => Promise<void>,
): Promise<PersonRemoved> {
  db.pragma('secure_delete = ON')
  const who = everything(db, id, names)
  const changed = { history: 0, problems: 0, checks: 0, effects: 0, others: 0 }
  for (const place of PLACES) {
    const { table } = place
    const isOther = table === 'cards' || table === 'storms' || table === 'bulks'
    changed[isOther ? 'others' : table] += await removeFrom(db, place, who, pause)
  }
  if (id !== null) {
    const interactions = db.prepare('DELETE FROM interactions WHERE instr(id, ?) > 0')
    changed.others += db.transaction(() => interactions.run(id).changes).immediate()
  }
  return changed
}

/** Finds what a person was called and what they said; people change their names. */
function everything(db: Database.Database, id: string | null, given: readonly string[]): PersonWords {
  const names = new Set(given)
  const comments = new Set<string>()
  if (id !== null) {
    for (const place of PLACES) {
      for (const row of rowsWith(db, place, [id])) {
        if (place.table === 'history' && row['actor_id'] === id) {
          names.add(word(row['actor_name']) ?? '')
          comments.add(word(row['comment']) ?? '')
        }
        for (const column of ['acknowledgement', 'downtime', 'data', 'command'])
          if (place.columns.includes(column) && row[column] !== null)
            collectFrom(String(row[column]), id, names, comments)
      }
    }
    names.delete(id)
  }
  for (const nothing of ['', SOMEBODY]) {
    names.delete(nothing)
    comments.delete(nothing)
  }
  return { id, names, comments }
}

/** @param words null: every row */
function* rowsWith(
  db: Database.Database,
  { table, columns }: Place,
  words: readonly string[] | null,
): Generator<Row> {
  const found = columns.flatMap((column) => (words ?? []).map(() => `instr(${column}, ?) > 0`))
  const bound = columns.flatMap(() => words ?? [])
  const select = db.prepare<unknown[], Row>(
    `SELECT row, ${columns.join(', ')} FROM ${table}
     WHERE row > ? AND row <= ? AND (${words === null ? 'true' : found.join(' OR ')})`,
  )
  const next = db.prepare<[number], number | null>(`SELECT min(row) FROM ${table} WHERE row > ?`).pluck()
  for (let from = 0; ; ) {
    // Old lines may lie far apart.
    const first = next.get(from) ?? null
    if (first === null) return
    from = first + READ_ROWS - 1
    yield* select.all(first - 1, from, ...bound)
  }
}

/** As they stand in text, and as they stand in JSON. */
function wordsOf({ id, names }: PersonWords): string[] {
  const plain = [...(id === null ? [] : [id]), ...names]
  return [...new Set([...plain, ...plain.map((name) => JSON.stringify(name).slice(1, -1))])]
}

async function removeFrom(
  db: Database.Database,
  place: Place,
  who: PersonWords,
  pause: () => Promise<void>,
): Promise<number> {
  const { table, columns, change } = place
  // A private answer that waits has what they said in it, and nothing that says who they are. There are few effects.
  const words = table === 'effects' ? null : wordsOf(who)
  if (words?.length === 0) return 0
  const rows = [...rowsWith(db, place, words)].map(({ row }) => row)
  const select = db.prepare<[number], Row>(`SELECT row, ${columns.join(', ')} FROM ${table} WHERE row = ?`)
  const update = db.prepare(
    `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE row = ?`,
  )
  // Who has how much of a storm is kept by name.
  const recount = db.prepare(RECOUNT_CHANGED)
  let changed = 0
  for (let at = 0; at < rows.length; at += WRITE_ROWS) {
    const piece = rows.slice(at, at + WRITE_ROWS)
    // Read again: the server may have changed it since.
    changed += db
      .transaction(() => {
        let count = 0
        for (const number of piece) {
          const row = select.get(number)
          if (row === undefined) continue
          const after = change(row, who)
          if (columns.every((column) => after[column] === row[column])) continue
          update.run(...columns.map((column) => after[column] ?? null), number)
          if (table === 'problems') recount.run(number)
          count++
        }
        return count
      })
      .immediate()
    await pause()
  }
  return changed
}
