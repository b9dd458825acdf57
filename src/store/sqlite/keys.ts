import type Database from 'better-sqlite3'
import type { IntakeKey, IntakeKeys } from '../../core/intake-key.ts'

type Row = {
  id: string
  name: string
  digest: Buffer
  monitors: string
  may_read: number
  channel: string | null
  created: number
  revoked: number | null
}

/** The keys of senders and readers, as kept: a digest, never the key. */
export function createIntakeKeys(db: Database.Database): IntakeKeys {
  const all = db.prepare<[], Row>('SELECT * FROM keys ORDER BY created, id')
  const insert = db.prepare(
    'INSERT INTO keys (id, name, digest, monitors, may_read, channel, created) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const revoke = db.prepare<[number, string, string]>(
    'UPDATE keys SET revoked = ? WHERE revoked IS NULL AND (id = ? OR name = ?)',
  )
  return {
    list: () => all.all().map(toKey),
    add: (key) => {
      const { id, name, digest, monitors, mayRead, channel, created } = key
      insert.run(id, name, Buffer.from(digest), JSON.stringify(monitors), mayRead ? 1 : 0, channel, created)
    },
    revoke: (idOrName, at) => revoke.run(at, idOrName, idOrName).changes,
    version: () => db.pragma('data_version', { simple: true }) as number,
  }
}

function toKey(row: Row): IntakeKey {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    monitors: JSON.parse(row.monitors) as string[],
    mayRead: row.may_read === 1,
    channel: row.channel,
    created: row.created,
    revoked: row.revoked,
  }
}
