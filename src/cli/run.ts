import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { ConfigFault } from '../config/config.ts'
import { Failure } from '../core/failure.ts'
import { REPORT_DAYS } from '../core/report.ts'
import { fileOf } from '../store/open.ts'
import { backup } from './backup.ts'
import { type CheckConfigOptions, checkConfig } from './check-config.ts'
import type { DoctorOptions } from './doctor.ts'
import { EXIT } from './exit.ts'
import { type HistoryOptions, history } from './history.ts'
import { type AddOptions, keysAdd, keysList, keysRevoke } from './keys.ts'
import { type ManifestOptions, manifest } from './manifest.ts'
import {
  type OutboxDropOptions,
  type OutboxListOptions,
  type OutboxRetryOptions,
  outboxDrop,
  outboxList,
  outboxRetry,
} from './outbox.ts'
import { type ProblemsOptions, problems } from './problems.ts'
import { type PruneOptions, prune } from './prune.ts'
import { type ReportOptions, report } from './report.ts'
import { settings } from './settings.ts'

/**
 * Runs a command.
 *
 * @param argv as in `process.argv`
 * @returns the exit code: 0 done, 1 temporary failure, 2 wrong use or final refusal
 */
export async function run(argv: readonly string[]): Promise<number> {
  // Whatever is made, the database and what stands beside it, is its owner's only.
  process.umask(0o077)
  let code: number = EXIT.done
  const keep = (result: number): void => {
    code = result
  }
  const program = build(keep)
  try {
    await program.parseAsync([...argv])
    return code
  } catch (error) {
    return explain(error)
  }
}

/**
 * Loads the server only here, and lets Node keep what it compiled beside the database: that is half of a start, and no
 * other command waits for it. The folder is the owner's, unlike Node's usual one.
 */
async function startServer(): Promise<number> {
  const config = settings()
  enableCompileCache(join(dirname(fileOf(config.database)), 'compile-cache'))
  const { start } = await import('./start.ts')
  return start(config)
}

/** Loaded only here, because it loads what speaks with Slack; ended here, because what it gave up may hang on. */
async function runDoctor(options: DoctorOptions): Promise<number> {
  const { doctor } = await import('./doctor.ts')
  process.exit(await doctor(options))
}

function build(keep: (code: number) => void): Command {
  const program = new Command('ackbridge')
    .description(
      'Acknowledge monitoring problems from Slack. Without a Slack token, `start` opens a playground.',
    )
    .version(versionOfPackage(), '--version', 'print the version')
    .exitOverride()
    .showHelpAfterError('Run `ackbridge help` for the list of commands.')
  program
    .command('start')
    .description('run the server (this is what `npm start` does)')
    .action(async () => keep(await startServer()))
  program
    .command('notify')
    .description('send a notification; for monitors, see `ackbridge notify --help`')
    .allowUnknownOption()
    .action(() => keep(EXIT.wrong))
  program
    .command('check-config')
    .description('read the settings and say everything that is wrong with them')
    .option('--try <file>', 'say what a body in a file would become; - is standard input')
    .option('--monitor <name>', 'with --try: the monitor that it would be sent to')
    .option('--type <type>', 'with --try: its Content-Type, instead of application/json')
    .option('--header <header...>', 'with --try: further headers, such as "ce-id: 1"')
    .action(async (options: CheckConfigOptions) => keep(await checkConfig(options)))
  program
    .command('doctor')
    .description('try Slack, every monitor, the database and the server, and say what to do')
    .option('--plugin', 'as a plugin of Nagios and its like, to watch the server that runs')
    .action(async (options: DoctorOptions) => keep(await runDoctor(options)))
  program
    .command('manifest')
    .description('print the manifest to create the Slack app from')
    .option('--url <url>', 'HTTP mode: the public address of this server')
    .option('--socket-mode', 'Socket Mode: Slack needs no way in')
    .option('--with-status', 'declare /status too, for workspaces that allow it')
    .action((options: ManifestOptions) => keep(manifest(options)))
  const keys = program.command('keys').description('keys for senders and readers')
  keys
    .command('add <name>')
    .description('make a key; it is shown once')
    .option('--monitor <name...>', "the monitors it speaks for; '*' is all")
    .option('--read', 'it may read problems, history and the report')
    .option('--channel <id>', 'its notifications may ask for this channel')
    .action((name: string, options: AddOptions) => keep(keysAdd(name, options)))
  keys
    .command('list')
    .description('list keys')
    .action(() => keep(keysList()))
  keys
    .command('revoke <name-or-id>')
    .description('make a key useless')
    .action((name: string) => keep(keysRevoke(name)))
  addStoreCommands(program, keep)
  addOutboxCommands(program, keep)
  return program
}

/** What could not be delivered, beside a server that may be running. */
function addOutboxCommands(program: Command, keep: (code: number) => void): void {
  const outbox = program.command('outbox').description('what waits to be delivered, or could not be')
  outbox
    .command('list')
    .description('what could not be delivered, then what waits')
    .option('--parked', 'only what could not be delivered')
    .option('--limit <lines>', 'the first so many', '1000')
    .option('--format <format>', 'table or json', 'table')
    .action((options: OutboxListOptions) => keep(outboxList(options)))
  outbox
    .command('retry [id...]')
    .description('try again what could not be delivered')
    .option('--all', 'everything that could not be delivered')
    .action((ids: string[], options: OutboxRetryOptions) => keep(outboxRetry(ids, options)))
  outbox
    .command('drop [id...]')
    .description('give up what could not be delivered')
    .option('--all-parked', 'everything that could not be delivered')
    .action((ids: string[], options: OutboxDropOptions) => keep(outboxDrop(ids, options)))
}

/** What reads and tends the database, beside a server that may be running. */
function addStoreCommands(program: Command, keep: (code: number) => void): void {
  program
    .command('history')
    .description('what happened, oldest first')
    .option('--host <name>', 'of this host; * and ? match')
    .option('--service <name>', 'of this service')
    .option('--monitor <name>', 'of this monitor')
    .option('--since <span>', 'such as 7d, 12h, 30m, or a date', '7d')
    .option('--limit <lines>', 'the newest so many lines', '1000')
    .option('--format <format>', 'table, csv or json', 'table')
    .action((options: HistoryOptions) => keep(history(options)))
  program
    .command('problems')
    .description('what is open, worst first')
    .option('--host <name>', 'of this host; * and ? match')
    .option('--monitor <name>', 'of this monitor')
    .option('--state <state>', 'critical, warning, unknown, down or unreachable')
    .option('--filter <filter>', 'unacked or acked')
    .option('--limit <lines>', 'the worst so many', '1000')
    .option('--format <format>', 'table, csv or json', 'table')
    .action((options: ProblemsOptions) => keep(problems(options)))
  program
    .command('report')
    .description('how soon problems were acknowledged and how long they lasted, by monitor')
    .option('--since <span>', 'opened since, such as 30d, or a date; whole days, UTC', `${REPORT_DAYS}d`)
    .option('--monitor <name>', 'of this monitor')
    .option('--format <format>', 'table, csv or json', 'table')
    .action((options: ReportOptions) => keep(report(options)))
  program
    .command('backup <file>')
    .description('copy the database into a new file, also while the server runs')
    .action((file: string) => keep(backup(file)))
  program
    .command('prune')
    .description('remove what ended long ago, or a person')
    .option('--before <days-or-date>', 'what ended before, such as 90 or 2026-01-31 (default: historyDays)')
    .option('--dry-run', 'only say how much it would be')
    .option('--person <id>', 'a person instead: their Slack id, such as U0123ABCD')
    .option('--name <name...>', 'a name of that person, or of somebody who is known by name only')
    .action(async (options: PruneOptions) => keep(await prune(options)))
}

function versionOfPackage(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function explain(error: unknown): number {
  // Help that was asked for ends with 0; help that stands in for a missing command does not.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrong
  if (error instanceof ConfigFault) {
    for (const fault of error.faults) console.error(fault)
    return EXIT.wrong
  }
  if (error instanceof Failure) {
    console.error(error.message)
    return error.retry.kind === 'never' ? EXIT.wrong : EXIT.temporary
  }
  throw error
}
