import { recoverSwallowedFlags } from './recover-swallowed-flags.ts'

/** What the command line says, before the environment and the settings file are looked at. */
export interface ParsedArguments {
  /** What is sent: flag name without its leading dashes, lower-case, to its value. Never empty values. */
  readonly values: Map<string, string>
  /** Settings of the command itself, never sent: `monitor`, `url`, `key-file`, `spool`, `for`. */
  readonly settings: Map<string, string>
  /** Prefixes of `--from-env`, in the order given. */
  readonly envPrefixes: readonly string[]
  /** True when the command line is that of a notification module of openITCOCKPIT (`SlackModule.…`). */
  readonly openitcockpitModule: boolean
  readonly flush: boolean
  /** Notifications stand on stdin, see read-bulk.ts. */
  readonly bulk: boolean
  readonly help: boolean
}

/** Their value is one word or number, so what looks like a flag behind them is the next flag: the macro was empty. */
const wordFlags = new Set([
  'type',
  'notificationtype',
  'hoststate',
  'servicestate',
  'state',
  'hoststatetype',
  'servicestatetype',
  'hostuuid',
  'serviceuuid',
  'contactuuid',
  'notificationid',
  'notificationnumber',
  'problemid',
  'lastproblemid',
])

/** Their value is text that may look like anything, a flag included. */
const textFlags = new Set([
  'hostname',
  'hostaddress',
  'hostalias',
  'hostdisplayname',
  'servicedesc',
  'servicedisplayname',
  'output',
  'longoutput',
  'ackauthor',
  'ackcomment',
  'author',
  'comment',
  'contact',
  'link',
])

const settingFlags = new Set(['monitor', 'url', 'key-file', 'spool', 'for'])
const booleanFlags = new Set(['no-emoji'])

const flagPattern = /^--([a-z0-9][a-z0-9_.-]{0,63})(?:=([\s\S]*))?$/i
const modulePattern = /^[A-Za-z]+Module\.[A-Za-z_]+$/
/** An unexpanded macro of Nagios (`$NAME$`, `$NAME:host:service$`) or Icinga (`$service.output$`). */
const macroPattern = /^\$[A-Za-z_][A-Za-z0-9_.]*(?::[^$]*)?\$$/

/**
 * Reads the arguments behind `notify`. Never throws and refuses nothing: what it does not know is kept for the
 * server or, without dashes, skipped, because a monitor has no one to show a usage error to.
 */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const values = new Map<string, string>()
  const settings = new Map<string, string>()
  const envPrefixes: string[] = []
  const strayWords = new Map<string, string[]>()
  let openitcockpitModule = false
  let flush = false
  let bulk = false
  let help = false
  let lastKey: string | undefined

  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const match = flagPattern.exec(word)
    if (match === null) {
      if (word === '-h') help = true
      else if (modulePattern.test(word) && lastKey === undefined) openitcockpitModule = true
      else if (lastKey !== undefined) strayWords.set(lastKey, [...(strayWords.get(lastKey) ?? []), word])
      continue
    }
    const key = (match[1] ?? '').toLowerCase()
    if (key === 'help') help = true
    else if (key === 'flush') flush = true
    else if (key === 'bulk') bulk = true
    else if (booleanFlags.has(key)) values.set(key, '1')
    else {
      const attached = match[2]
      const taken = attached === undefined && takesNext(key, argv[at + 1])
      const value = attached ?? (taken ? argv[++at] : undefined) ?? (isKnownFlag(key) ? '' : '1')
      if (key === 'from-env') envPrefixes.push(value)
      else if (settingFlags.has(key)) setPresent(settings, key, value)
      else {
        setPresent(values, key, value)
        lastKey = key
      }
    }
  }
  recoverSwallowedFlags(values, strayWords, isDataFlag)
  return { values, settings, envPrefixes, openitcockpitModule, flush, bulk, help }
}

/**
 * Says whether a value carries anything: not when it is empty or a macro the monitor left as it was.
 */
export function isPresent(value: string): boolean {
  return value !== '' && !(value.startsWith('$') && macroPattern.test(value))
}

function setPresent(map: Map<string, string>, key: string, value: string): void {
  const clean = value.includes('\0') ? value.replaceAll('\0', '') : value
  if (isPresent(clean)) map.set(key, clean)
}

function takesNext(key: string, next: string | undefined): boolean {
  if (next === undefined) return false
  if (textFlags.has(key) || settingFlags.has(key) || key === 'from-env') return true
  const nextKey = flagPattern.exec(next)?.[1]?.toLowerCase()
  if (wordFlags.has(key)) return nextKey === undefined || !isKnownFlag(nextKey)
  return !next.startsWith('--')
}

function isDataFlag(key: string): boolean {
  return wordFlags.has(key) || textFlags.has(key)
}

function isKnownFlag(key: string): boolean {
  return (
    isDataFlag(key) ||
    settingFlags.has(key) ||
    booleanFlags.has(key) ||
    key === 'from-env' ||
    key === 'flush' ||
    key === 'bulk' ||
    key === 'help'
  )
}
