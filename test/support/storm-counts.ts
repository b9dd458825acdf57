import Database from 'better-sqlite3'

/** What is counted for the cards of storms, and what it is counted from. */
const BOTH: Readonly<Record<string, readonly [counted: string, counts: string]>> = {
  'the problems of storms': [
    'SELECT storm, taken, rank, opened, problem, host, state, person, by, standing FROM storm_problems ORDER BY 1, 5',
    `SELECT DISTINCT k.storm, p.acknowledged_by IS NOT NULL AS taken, -p.severity AS rank, p.opened, p.row AS problem, h.row AS host,
       coalesce(p.state, '') AS state, coalesce(p.acknowledged_by, '') AS person,
       coalesce(p.acknowledgement ->> '$.by.name', '') AS by,
       coalesce(p.acknowledgement ->> '$.ending.handOver', p.acknowledgement ->> '$.handOver', '') AS standing
     FROM cards k JOIN problems p ON p.row = k.problem JOIN checks c ON c.row = p.check_row
       LEFT JOIN storm_hosts h ON h.storm = k.storm AND h.monitor = c.monitor AND h.host = c.host
     WHERE k.storm IS NOT NULL AND p.closed IS NULL ORDER BY 1, 5`,
  ],
  'how many are alike': [
    'SELECT storm, taken, rank, state, person, by, standing, open FROM storm_counts ORDER BY 1, 2, 3, 4, 5, 6, 7',
    `SELECT storm, taken, rank, state, person, by, standing, count(*) AS open FROM storm_problems
     GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7`,
  ],
  'the hosts of storms': [
    'SELECT row, open, untaken FROM storm_hosts WHERE open <> 0 OR untaken <> 0 ORDER BY 1',
    'SELECT host AS row, count(*) AS open, count(*) FILTER (WHERE taken = 0) AS untaken FROM storm_problems GROUP BY 1 ORDER BY 1',
  ],
  'what storms hold': [
    'SELECT row, held FROM storms WHERE ended IS NULL ORDER BY 1',
    'SELECT row, (SELECT count(*) FROM cards k WHERE k.storm = storms.row) AS held FROM storms WHERE ended IS NULL ORDER BY 1',
  ],
}

/** @returns what is not counted right, in a database of which nothing was removed */
export function miscounted(file: string): readonly string[] {
  const db = new Database(file, { readonly: true })
  try {
    return Object.entries(BOTH).flatMap(([what, [counted, counts]]) => {
      const [is, ought] = [counted, counts].map((sql) => JSON.stringify(db.prepare(sql).all()))
      return is === ought ? [] : [`${what}: ${is} and not ${ought}`]
    })
  } finally {
    db.close()
  }
}
