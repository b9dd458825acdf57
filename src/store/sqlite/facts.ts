import type Database from 'better-sqlite3'

/** A few facts about the database itself, such as the Slack team it belongs to. */
export type Facts = {
  get(name: string): string | null
  set(name: string, value: string): void
  /** Sets a fact once. @returns what it is now */
  claim(name: string, value: string): string
}

export function createFacts(db: Database.Database): Facts {
  const select = db.prepare<[string], { value: string }>('SELECT value FROM facts WHERE name = ?')
  const insert = db.prepare('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING')
  const replace = db.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)')
  const get = (name: string): string | null => select.get(name)?.value ?? null
  return {
    get,
    set: (name, value) => {
      replace.run(name, value)
    },
    claim: (name, value) => {
      insert.run(name, value)
      return get(name) ?? value
    },
  }
}
