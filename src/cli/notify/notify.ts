/*
 * `ackbridge notify`: what a monitor runs for each notification and contact. It turns flags into one flat JSON, keeps that
 * in the spool when there is one, and then sends what the spool holds. It is done in about 6 s whatever the server does,
 * because monitors kill what takes too long. Only node: modules and siblings are imported: starting is most of its cost.
 */
import { buildBody } from './build-body.ts'
import { describeAnswer, describeKept } from './describe-answer.ts'
import { type FlushResult, flushSpool, judge } from './flush-spool.ts'
import { type ParsedArguments, parseArguments } from './parse-arguments.ts'
import { randomName, randomUuid } from './random-name.ts'
import { decodeMonitor, encodeMonitor, errorCode, readSettings, type Settings } from './read-settings.ts'
import { answerMaxMs, connectMaxMs, createSender, type Sender } from './send-body.ts'
import { adoptAbandoned, listSpool, monitorOf, openSpool, SpoolRefusal, storeInSpool } from './spool.ts'
import { takeLock } from './take-lock.ts'

/** All sending of one run in the foreground, milliseconds. */
const flushMaxMs = 5000

/** Exit codes: monitors with a spooler of their own repeat 1 and give up on 2. */
const done = 0
const tryAgain = 1
const refused = 2

/** What the steps of one run share. */
interface Run {
  readonly settings: Settings & { readonly url: URL }
  readonly sender: Sender
  readonly endMs: number
}

/**
 * Runs the command. Writes to stderr what went wrong, and to stdout only the help text.
 * The caller should end the process with the code returned: a name lookup under way keeps it alive otherwise.
 *
 * @param argv the arguments behind `notify`
 * @param env the environment; it is not changed
 * @returns exit code: 0 sent or kept, 1 temporary failure, 2 wrong use or final refusal
 */
export async function notify(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const endMs = performance.now() + flushMaxMs
  try {
    const parsed = parseArguments(argv)
    if (parsed.help) {
      const { usage } = await import('./usage.ts')
      console.log(usage)
      return done
    }
    const settings = readSettings(parsed, env)
    if (settings.warning !== undefined) say(settings.warning)
    return parsed.flush
      ? await runFlush(parsed, settings, endMs)
      : await runNotification(parsed, settings, env, endMs)
  } catch (error) {
    if (error instanceof SpoolRefusal) {
      say(error.message)
      return error.exitCode
    }
    say(error instanceof Error ? error.message : String(error))
    return tryAgain
  }
}

async function runNotification(
  parsed: ParsedArguments,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  endMs: number,
): Promise<number> {
  const badPrefix = parsed.envPrefixes.find((prefix) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(prefix))
  if (badPrefix !== undefined) {
    say('--from-env takes the beginning of variable names, such as NAGIOS_ or NOTIFY_')
    return refused
  }
  const bodies = parsed.bulk
    ? await buildBulk(parsed, settings)
    : [bodyOf(parsed, settings, env, parsed.envPrefixes)]
  const given = bodies.filter((body) => body !== undefined)
  if (given.length > 0) return await deliver(given, settings, env, endMs)
  say('there is nothing to send: no flag and no variable has a value; see "ackbridge notify --help"')
  return refused
}

function bodyOf(
  { values }: ParsedArguments,
  { key }: Settings,
  env: NodeJS.ProcessEnv,
  envPrefixes: readonly string[],
): string | undefined {
  return buildBody({ values, env, envPrefixes, key, nowMs: Date.now(), randomId: randomUuid })
}

/** Each notification of stdin looks as if it had come alone, and many go together in one body. */
async function buildBulk(parsed: ParsedArguments, settings: Settings): Promise<string[]> {
  const { groupBodies, parseBulk, readStdin } = await import('./read-bulk.ts')
  const { text, whole } = await readStdin()
  if (!whole) say('stdin is too long or does not end; what came whole is sent')
  const prefix = parsed.envPrefixes[0] ?? 'NOTIFY_'
  const blocks = parseBulk(whole ? text : text.slice(0, text.lastIndexOf('\n\n') + 1), prefix)
  const bodies = blocks.map((block) => bodyOf(parsed, settings, block, [prefix]))
  return groupBodies(bodies.filter((body) => body !== undefined))
}

/** Keeps all bodies before the first is sent. */
async function deliver(
  bodies: readonly string[],
  settings: Settings,
  env: NodeJS.ProcessEnv,
  endMs: number,
): Promise<number> {
  const { spool } = settings
  const stored = bodies.map((body) =>
    spool === undefined ? undefined : store(spool, settings.monitor, body),
  )
  if (settings.problems.length > 0 || settings.url === undefined) {
    return sayProblems(settings, describeKept(stored.includes(undefined) ? undefined : spool))
  }
  const sender = createSender(settings.url, settings.key)
  const run: Run = { settings: { ...settings, url: settings.url }, sender, endMs }
  const names = stored.filter((name) => name !== undefined)
  try {
    let code =
      spool === undefined || names.length === 0 ? done : await flushAfterStoring(run, spool, names, env)
    for (const body of bodies.filter((_, index) => stored[index] === undefined)) {
      const sent = await sendUnspooled(run, body)
      code = Math.max(code, sent)
      // Whoever is away is so for the others too, and there is a deadline.
      if (sent === tryAgain) break
    }
    return code
  } finally {
    sender.close()
  }
}

/** A full or broken disk must not keep a notification from being sent; a folder of others must. */
function store(spool: string, monitor: string, body: string): string | undefined {
  try {
    openSpool(spool)
    return storeInSpool(spool, encodeMonitor(monitor), body, Date.now(), randomName())
  } catch (error) {
    if (error instanceof SpoolRefusal) throw error
    say(
      `nothing can be written to ${spool} (${errorCode(error)}); the notification is sent without being kept`,
    )
    return undefined
  }
}

async function sendUnspooled(run: Run, body: string): Promise<number> {
  const { settings, sender } = run
  const result = await sender.send(
    encodeMonitor(settings.monitor),
    Buffer.from(body),
    connectMaxMs + answerMaxMs,
  )
  const verdict = judge(result)
  if (verdict === 'accepted') return done
  say(`${describeAnswer(result, settings, settings.monitor)}; ${describeKept(undefined)}`)
  return verdict === 'later' ? tryAgain : refused
}

async function flushAfterStoring(
  run: Run,
  spool: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const flushed = await flushUnderLock(run, spool)
  // Another process flushes and takes these files along.
  if (flushed === undefined) return done
  report(flushed, run, spool)
  if (flushed.waiting > 0 && run.settings.flushSeconds > 0) {
    const { startFlusher } = await import('./start-flusher.ts')
    startFlusher(run.settings, spool, env)
  }
  const isRefused = names.some((name) => {
    const own = flushed.verdicts.get(name)?.verdict
    const sibling = [...flushed.verdicts].some(
      ([other, { verdict }]) => verdict === 'refused' && monitorOf(other) === monitorOf(name),
    )
    return own === 'rejected' || own === 'refused' || (own === undefined && sibling)
  })
  return isRefused ? refused : done
}

async function runFlush(parsed: ParsedArguments, settings: Settings, endMs: number): Promise<number> {
  const spool = settings.spool
  if (spool === undefined) {
    say('there is no spool folder to flush; set --spool or ACKBRIDGE_SPOOL')
    return refused
  }
  if (settings.problems.length > 0 || settings.url === undefined)
    return sayProblems(settings, describeKept(spool))
  const seconds = parsed.settings.get('for')
  if (seconds !== undefined && !/^\d{1,5}$/.test(seconds)) {
    say('--for takes a number of seconds, at most 99999')
    return refused
  }
  openSpool(spool)
  const sender = createSender(settings.url, settings.key)
  const run: Run = { settings: { ...settings, url: settings.url }, sender, endMs }
  try {
    const flushed =
      seconds === undefined
        ? await flushUnderLock(run, spool)
        : await (await import('./keep-flushing.ts')).keepFlushing(
            spool,
            sender,
            Number(seconds) * 1000,
            randomName(),
          )
    if (flushed === undefined) return done
    report(flushed, run, spool)
    const verdicts = [...flushed.verdicts.values()].map(({ verdict }) => verdict)
    if (verdicts.includes('rejected') || verdicts.includes('refused')) return refused
    return flushed.waiting > 0 && !verdicts.includes('later') ? tryAgain : done
  } finally {
    sender.close()
  }
}

/** Whoever finds the lock taken leaves its file to the holder, so the holder looks once more after it has let go. */
async function flushUnderLock(run: Run, spool: string): Promise<FlushResult | undefined> {
  let total: FlushResult | undefined
  for (;;) {
    const lock = takeLock(spool, randomName())
    if (lock === undefined) return total
    let walk: FlushResult
    try {
      adoptAbandoned(spool, Date.now())
      walk = await flushSpool(spool, run.sender, run.endMs)
    } finally {
      lock.release()
    }
    const seen = total === undefined ? walk.verdicts : new Map([...total.verdicts, ...walk.verdicts])
    total = {
      verdicts: seen,
      waiting: walk.waiting,
      faults: [...new Set([...(total?.faults ?? []), ...walk.faults])],
    }
    if (walk.waiting > 0 || walk.faults.length > 0) return total
    const refusedMonitors = new Set(
      [...seen].filter(([, { verdict }]) => verdict === 'refused').map(([name]) => monitorOf(name)),
    )
    if (listSpool(spool).every((name) => refusedMonitors.has(monitorOf(name)))) return total
  }
}

/** One sentence for each kind of answer, however many files got it. */
function report(flushed: FlushResult, run: Run, spool: string): void {
  for (const fault of flushed.faults) say(fault)
  const told = new Map<string, number>()
  for (const [name, { verdict, result }] of flushed.verdicts) {
    if (verdict === 'accepted') continue
    const kept = describeKept(verdict === 'rejected' ? `${spool}/rejected` : spool)
    const sentence = `${describeAnswer(result, run.settings, decodeMonitor(monitorOf(name)))}; ${kept}`
    told.set(sentence, (told.get(sentence) ?? 0) + 1)
  }
  for (const [sentence, count] of told) say(count === 1 ? sentence : `${sentence} (${count} notifications)`)
}

function sayProblems(settings: Settings, kept: string): number {
  for (const problem of settings.problems) say(`${problem}; ${kept}`)
  return refused
}

function say(sentence: string): void {
  // Parts of it come from outside; a terminal must not obey them.
  console.error(`ackbridge notify: ${sentence.replace(/\p{Cc}+/gu, ' ')}`)
}
