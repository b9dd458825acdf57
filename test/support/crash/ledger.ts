import Database from 'better-sqlite3'
import { markerOf } from '../../../src/core/marker.ts'
import type { Message, Playground } from '../../../src/playground/server.ts'
import type { StandIn } from '../monitors/stand-in.ts'
import { textOf } from '../text-of.ts'
import type { Told, Watched } from './load.ts'
import type { Claim } from './people.ts'

/*
 * What has to hold once everything is quiet: the database, Slack and the monitor say the same, nothing that was taken is
 * missing, and nothing is there twice.
 */

export type Evidence = {
  /** Path of the database. */
  readonly file: string
  readonly playground: Playground
  readonly standIn: StandIn
  readonly told: Told
  readonly watched: readonly Watched[]
  readonly claims: readonly Claim[]
  /** Channels in which a problem of this host is to be shown. */
  readonly channelsOf: (host: string) => readonly string[]
}

export type Counts = Readonly<
  Record<
    | 'notifications'
    | 'history'
    | 'problems'
    | 'open'
    | 'cards'
    | 'storms'
    | 'inStorms'
    | 'onHosts'
    | 'messages'
    | 'threadLines'
    | 'claims'
    | 'orders'
    | 'lost'
    | 'doubled'
    | 'parked',
    number
  >
>
export type Verdict = { readonly counts: Counts; readonly faults: readonly string[] }

type Row = Readonly<Record<string, string | number | null>>

/** @returns what is wrong, as sentences; none when all is well */
export function lookThrough(evidence: Evidence): Verdict {
  const db = new Database(evidence.file, { readonly: true })
  try {
    return new Audit(db, evidence).verdict()
  } finally {
    db.close()
  }
}

class Audit {
  readonly #db: Database.Database
  readonly #evidence: Evidence
  readonly #faults: string[] = []
  #lost = 0
  #doubled = 0

  constructor(db: Database.Database, evidence: Evidence) {
    this.#db = db
    this.#evidence = evidence
  }

  verdict(): Verdict {
    const { told, claims, standIn } = this.#evidence
    this.#history()
    this.#states()
    this.#outbox()
    const posted = this.#messages()
    this.#cards(posted.channel)
    this.#storms(posted.channel)
    this.#threads()
    this.#claims()
    this.#monitor()
    const one = (sql: string): number => Number((this.#all(sql)[0] as { n: number }).n)
    return {
      faults: this.#faults,
      counts: {
        notifications: told.taken.size,
        history: one('SELECT count(*) AS n FROM history'),
        problems: one('SELECT count(*) AS n FROM problems'),
        open: one('SELECT count(*) AS n FROM problems WHERE closed IS NULL'),
        cards: one('SELECT count(*) AS n FROM cards WHERE ts IS NOT NULL'),
        storms: one('SELECT count(*) AS n FROM storms'),
        inStorms: one('SELECT count(*) AS n FROM cards WHERE storm IS NOT NULL'),
        onHosts: one('SELECT count(*) AS n FROM cards WHERE folded IS NOT NULL'),
        messages: posted.count,
        threadLines: posted.lines,
        claims: claims.length,
        orders: standIn.orders.length,
        lost: this.#lost,
        doubled: this.#doubled,
        parked: one(`SELECT count(*) AS n FROM effects WHERE state = 'parked'`),
      },
    }
  }

  #all(sql: string, ...bound: (string | number)[]): Row[] {
    return this.#db.prepare(sql).all(...bound) as Row[]
  }

  #isLost(what: string): void {
    this.#lost++
    this.#faults.push(`lost: ${what}`)
  }

  #isDouble(what: string): void {
    this.#doubled++
    this.#faults.push(`double: ${what}`)
  }

  #isWrong = (what: string): number => this.#faults.push(`wrong: ${what}`)

  /** Every notification that was taken is recorded once. */
  #history(): void {
    const { told } = this.#evidence
    for (const refused of told.refused) this.#isWrong(`refused: ${refused}`)
    const seen = new Map<string, number>()
    const rows = this.#all(
      `SELECT detail, count(*) AS n FROM history WHERE kind = 'notification' AND outcome <> 'duplicate'
         AND detail LIKE 'token-%' GROUP BY detail`,
    )
    for (const { detail, n } of rows) {
      seen.set(String(detail), Number(n))
      if (Number(n) > 1) this.#isDouble(`${detail} is in history ${n} times`)
      if (!told.sent.has(String(detail))) this.#isWrong(`${detail} was never sent`)
    }
    for (const token of told.taken) if (!seen.has(token)) this.#isLost(`${token} is not in history`)
  }

  /** What is open is what was told last. */
  #states(): void {
    for (const { monitor, host, service, state, isEvent } of this.#evidence.watched) {
      if (isEvent) continue
      const rows = this.#all(
        `SELECT p.state AS state FROM problems p JOIN checks c ON c.row = p.check_row
         WHERE p.closed IS NULL AND c.monitor = ? AND c.host = ? AND c.service IS ${service === null ? 'NULL' : '?'}`,
        ...[monitor, host, ...(service === null ? [] : [service])],
      )
      if (rows.length > 1) this.#isDouble(`${host}/${service} has ${rows.length} open problems`)
      const known = rows[0]?.['state'] ?? null
      if (known !== state) this.#isWrong(`${host}/${service} is ${known}, and was told to be ${state}`)
    }
  }

  #outbox(): void {
    const rows = this.#all(
      'SELECT lane, kind, method, state, attempts, error, card, storm, ambiguous_since FROM effects',
    )
    for (const row of rows) this.#isWrong(`in the outbox: ${JSON.stringify(row)}`)
    if (this.#all('SELECT * FROM bulks').length > 0)
      this.#isWrong('an acknowledgement of a storm is not through')
  }

  /** Each message is there once, and belongs to something that the database knows to be there. */
  #messages(): { channel: Map<string, Message>; count: number; lines: number } {
    const { workspace, channels } = this.#evidence.playground
    const found = new Map<string, Message>()
    const lineIds = new Set<string>()
    const known = new Map(
      [...this.#all('SELECT id, ts FROM cards'), ...this.#all('SELECT id, ts FROM storms')].map(
        ({ id, ts }) => [String(id), ts],
      ),
    )
    let [count, lines] = [0, 0]
    for (const channel of Object.values(channels)) {
      for (const message of workspace.messages(channel)) {
        if (message.threadTs !== undefined || message.isTombstone) continue
        count++
        const id = idOf(message)
        if (found.has(id)) this.#isDouble(`${id} is in Slack twice: ${message.text}`)
        found.set(id, message)
        if (known.get(id) !== message.ts)
          this.#isWrong(
            `a message of ${id} at ${message.ts}, which should be at ${known.get(id)}: ${message.text}`,
          )
        for (const line of workspace.messages(channel, { threadTs: message.ts })) {
          lines++
          if (lineIds.has(idOf(line))) this.#isDouble(`a line: ${line.text}`)
          lineIds.add(idOf(line))
        }
      }
    }
    return { channel: found, count, lines }
  }

  /** Each problem that is open is shown once in each of its channels, as it is. */
  #cards(messages: ReadonlyMap<string, Message>): void {
    const rows = this.#all(
      `SELECT p.row AS problem, p.state AS state, p.closed AS closed, p.acknowledgement ->> '$.by.name' AS by,
         p.acknowledgement ->> '$.handOver' AS handed, c.monitor AS monitor, c.host AS host, c.service AS service
       FROM problems p JOIN checks c ON c.row = p.check_row`,
    )
    for (const row of rows) {
      const name = `${row['host']}${row['service'] === null ? '' : ` / ${row['service']}`}`
      const cards = this.#all(
        'SELECT id, channel, ts, storm, folded FROM cards WHERE problem = ?',
        Number(row['problem']),
      )
      const channels = cards.map(({ channel }) => channel).toSorted()
      const wanted = this.#evidence.channelsOf(String(row['host'])).toSorted()
      if (JSON.stringify(channels) !== JSON.stringify(wanted))
        this.#isWrong(`${name} has cards in ${channels}, not ${wanted}`)
      for (const card of cards) {
        const message = messages.get(String(card['id']))
        if (card['storm'] !== null || card['folded'] !== null) {
          if (message !== undefined) this.#isDouble(`${name} has a card, and is on another: ${message.text}`)
          if (row['closed'] === null && card['storm'] === null)
            this.#isOnItsHosts(name, Number(card['folded']), messages)
          continue
        }
        if (message === undefined) {
          if (row['closed'] === null) this.#isLost(`${name} has no card in ${card['channel']}`)
          else if (card['ts'] !== null) this.#isLost(`the card of ${name}, which was there`)
          continue
        }
        this.#says(message, row, name)
      }
    }
  }

  /** A service whose host is down is on the card of the host, or where that goes. */
  #isOnItsHosts(name: string, host: number, messages: ReadonlyMap<string, Message>): void {
    const [card] = this.#all('SELECT id, storm FROM cards WHERE row = ?', host)
    if (card?.['storm'] !== null || !messages.has(String(card['id'])))
      this.#isLost(`${name} is on the card of its host, which has none`)
  }

  #says(message: Message, row: Row, name: string): void {
    const text = textOf(message)
    const word = row['closed'] === null ? (row['state'] ?? 'EVENT') : null
    const closed = ['OK', 'UP', 'DONE', 'ENDED'].some((state) => message.text.startsWith(`${state} ${name}`))
    if (word === null ? !closed : !message.text.startsWith(`${word} ${name}`))
      this.#isWrong(`the card of ${name} says “${message.text}”, and it is ${word ?? 'closed'}`)
    if (row['closed'] !== null) return
    if (
      row['by'] === null ? !text.includes('Nobody has it yet.') : !text.includes(`${row['by']} has it since`)
    )
      this.#isWrong(`the card of ${name} says “${text}”, and ${row['by']} has it`)
    const words: Record<string, string> = { confirmed: 'Confirmed by', not_supported: 'Kept here only' }
    const handed = words[String(row['handed'])]
    if (row['by'] !== null && (handed === undefined || !text.includes(handed)))
      this.#isWrong(`${name} was handed over: ${row['handed']}; its card says “${text}”`)
  }

  #storms(messages: ReadonlyMap<string, Message>): void {
    for (const storm of this.#all('SELECT row, id FROM storms')) {
      const message = messages.get(String(storm['id']))
      const rows = this.#all(
        `SELECT p.state AS state, p.acknowledgement ->> '$.by.name' AS by, count(*) AS n FROM cards k
         JOIN problems p ON p.row = k.problem WHERE k.storm = ? AND p.closed IS NULL GROUP BY 1, 2`,
        Number(storm['row']),
      )
      const count = (of: (row: Row) => boolean): number =>
        rows.filter(of).reduce((sum, { n }) => sum + Number(n), 0)
      const open = count(() => true)
      if (message === undefined) {
        if (open > 0) this.#isLost(`the card of a storm with ${open} problems`)
        continue
      }
      const text = textOf(message)
      const free = count(({ by }) => by === null)
      const said = open === 0 ? 'STORM OVER' : `${open} problem${open === 1 ? '' : 's'} open`
      const who =
        open === 0
          ? ''
          : free === 0
            ? open === 1
              ? 'open, taken'
              : 'each of them taken'
            : free === open
              ? `nobody has ${open === 1 ? 'it' : 'them'}`
              : `nobody has ${free}`
      if (!text.includes(said) || !text.includes(who))
        this.#isWrong(
          `the card of a storm says “${text.slice(0, 300)}”, and ${open} are open, ${free} untaken`,
        )
      for (const by of new Set(rows.map((row) => row['by']))) {
        const has = count((row) => row['by'] === by)
        if (by !== null && !text.includes(`${by} has ${has}.`))
          this.#isWrong(`the card of a storm says “${text}”, and ${by} has ${has}`)
      }
    }
  }

  /** No line says what another of the thread says. */
  #threads(): void {
    const { workspace, channels } = this.#evidence.playground
    for (const channel of Object.values(channels)) {
      for (const card of workspace.messages(channel)) {
        const seen = new Set<string>()
        for (const line of workspace.messages(channel, { threadTs: card.ts })) {
          const text = textOf(line)
          // A monitor may fail for the same reason again, after it failed for another.
          if (seen.has(text) && !text.startsWith('❌'))
            this.#isDouble(`in the thread of ${card.text}: ${text}`)
          seen.add(text)
        }
      }
    }
  }

  /** What a person was told is done is done, or the problem was over, or another had it. */
  #claims(): void {
    const by = (problem: string): Row[] =>
      this.#all(
        `SELECT h.actor_name AS name, p.closed AS closed FROM problems p LEFT JOIN history h
           ON h.problem = p.row AND h.kind IN ('acknowledgement', 'refusal') WHERE p.id = ?`,
        problem,
      )
    for (const claim of this.#evidence.claims) {
      if (claim.what === 'command') {
        const service = claim.service === null ? 'IS NULL' : '= ?'
        const rows = this.#all(
          `SELECT 1 AS n FROM history h JOIN checks c ON c.row = h.check_row WHERE h.kind = 'acknowledgement'
             AND h.actor_name = ? AND c.host = ? AND c.service ${service}`,
          ...[claim.by, claim.host, ...(claim.service === null ? [] : [claim.service])],
        )
        if (rows.length === 0)
          this.#isLost(`the acknowledgement of ${claim.host}/${claim.service} by ${claim.by}`)
        continue
      }
      for (const problem of claim.what === 'button' ? [claim.problem] : claim.problems) {
        const rows = by(problem)
        const isDone = rows.some(
          ({ name, closed }) => name !== null || (claim.what === 'storm' && closed !== null),
        )
        if (!isDone) this.#isLost(`the acknowledgement of ${problem} by ${claim.by} (${claim.what})`)
      }
    }
    this.#acknowledgements()
  }

  /** Each acknowledgement is recorded once, and what was confirmed is not denied afterwards. */
  #acknowledgements(): void {
    const rows = this.#all(
      `SELECT problem, outcome, through, actor_name AS name, detail FROM history WHERE kind = 'acknowledgement' ORDER BY row`,
    )
    const last = new Map<unknown, Row>()
    for (const row of rows) {
      const before = last.get(row['problem'])
      last.set(row['problem'], row)
      const [was, is] = [before?.['outcome'], row['outcome']]
      // Who has it already may say something more.
      const isMore = row['through'] === 'command'
      if (was === is && is !== 'failed' && !isMore)
        this.#isDouble(`in history: ${JSON.stringify(before)} and ${JSON.stringify(row)}`)
      if (was === 'confirmed' && is === 'failed')
        this.#isWrong(`confirmed, and then failed: ${JSON.stringify(row)}`)
    }
  }

  /** What is acknowledged here is acknowledged there, and was ordered once. */
  #monitor(): void {
    const { standIn } = this.#evidence
    const orders = new Map<string, number>()
    for (const { what, comment } of standIn.orders) {
      // Who asks again after a failure, and says something else, has the first one replaced.
      if (what === 'remove') continue
      if (what !== 'acknowledge' && what !== 'comment') this.#isWrong(`the monitor was told: ${what}`)
      const mark = /\[ackbridge:[0-9a-f]+\]/.exec(comment ?? '')?.[0] ?? ''
      orders.set(mark, (orders.get(mark) ?? 0) + 1)
    }
    for (const [mark, count] of orders) if (count > 1) this.#isDouble(`${count} orders of ${mark}`)
    const rows = this.#all(
      `SELECT c.host AS host, c.service AS service, p.acknowledgement ->> '$.id' AS id FROM problems p
       JOIN checks c ON c.row = p.check_row
       WHERE c.monitor = 'icinga' AND p.closed IS NULL AND p.acknowledgement IS NOT NULL`,
    )
    for (const { host, service, id } of rows) {
      const there = standIn.acknowledged(String(host), service === null ? null : String(service))
      const mark = markerOf(String(id))
      if (!there?.comment.includes(mark))
        this.#isLost(`${host}/${service} is not acknowledged in the monitor by ${mark}`)
      if (orders.get(mark) === undefined) this.#isLost(`the order of ${mark} for ${host}/${service}`)
    }
  }
}

function idOf({ metadata }: Message): string {
  const payload = (metadata as { event_payload?: { id?: unknown } } | undefined)?.event_payload
  return String(payload?.id ?? '')
}
