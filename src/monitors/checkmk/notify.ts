import { type Body, type Intake, type IntakeContext, NOTIFICATIONS_MAX } from '../monitor.ts'
import { notifyByMacros } from '../shared/macros.ts'

/*
 * A Checkmk notification script gets everything as variables NOTIFY_*, once per contact. They are the macros of the
 * family with differences: short words for states, suffixes on types, addresses without the site, and a time in
 * microseconds that names the notification.
 */

/** What is taken over as it is, by normalised name. What is not named here is dropped: parameters may hold secrets. */
const KEPT: ReadonlySet<string> = new Set([
  'type',
  'id',
  'time',
  'timet',
  'notificationid',
  'hostname',
  'host',
  'hostaddress',
  'address',
  'hostdisplayname',
  'servicedesc',
  'service',
  'servicedisplayname',
  'output',
  'hostoutput',
  'serviceoutput',
  'longoutput',
  'longhostoutput',
  'longserviceoutput',
  'problemid',
  'lastproblemid',
  'author',
  'comment',
  'ackauthor',
  'ackcomment',
  'state',
  'link',
])

/** Names of one notification that are looked at. */
const NAMES_MAX = 5_000

/** Reads what a notification script of Checkmk was given, or the flags of `ackbridge notify`. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  // What is beyond is refused whatever it holds.
  const translated = Array.isArray(value)
    ? value.map((one: unknown, n) => (n < NOTIFICATIONS_MAX ? translate(one) : one))
    : translate(value)
  return notifyByMacros({ value: translated }, monitor, {
    host: ['hostname', 'host'],
    service: ['servicedesc', 'service'],
  })
}

type Variables = ReadonlyMap<string, string>

function translate(one: unknown): unknown {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
  const given = variablesOf(one)
  const macros = new Map([...given].filter(([name]) => KEPT.has(name)))
  const what = given.get('what')?.trim()
  if (what !== undefined) macros.set('type', what)
  const type = (macros.get('type') ?? '').trim().toLowerCase()
  const of =
    type === 'host' || (type === '' && !given.has('servicedesc') && !given.has('service'))
      ? 'host'
      : 'service'
  setState(macros, given, of)
  setType(macros, given, of)
  setEpisode(macros, given, of)
  setTime(macros, given)
  const link = given.get('link') ?? linkOf(given, of)
  if (link !== null) macros.set('link', link)
  if (!macros.has('hostdisplayname')) set(macros, 'hostdisplayname', given.get('hostalias'))
  return Object.fromEntries(macros)
}

function variablesOf(given: object): Variables {
  const variables = new Map<string, string>()
  for (const [name, value] of Object.entries(given).slice(0, NAMES_MAX)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const normal = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '')
      .replace(/^notify(?=[a-z])/, '')
    const text = String(value)
    if (text.trim() !== '' && !variables.has(normal)) variables.set(normal, text)
  }
  return variables
}

function set(macros: Map<string, string>, name: string, value: string | null | undefined): void {
  if (value !== undefined && value !== null) macros.set(name, value)
}

type Of = 'host' | 'service'

/** In some places the words are cut short. */
const STATE_WORDS: Readonly<Record<string, string>> = {
  UNREACH: 'UNREACHABLE',
  WARN: 'WARNING',
  CRIT: 'CRITICAL',
  UNKN: 'UNKNOWN',
}

/** The number is the same everywhere, the words are not. */
function setState(macros: Map<string, string>, given: Variables, of: Of): void {
  const id = given.get(`${of}stateid`)?.trim() ?? ''
  const word = given.get(`${of}state`) ?? given.get(`${of}shortstate`)
  const state = /^[0-3]$/.test(id) ? id : word
  if (state !== undefined) macros.set(`${of}state`, STATE_WORDS[state.trim().toUpperCase()] ?? state)
}

/** Author and comment belong to what is notified: those of an acknowledgement also stand in later notifications. */
function setType(macros: Map<string, string>, given: Variables, of: Of): void {
  const type = given.get('notificationtype')
  if (type === undefined) return
  const word = type.trim().toUpperCase().split(/[\s(]/, 1)[0] ?? ''
  // An alert handler has run: something to know, not a problem.
  const isHandler = word === 'ALERTHANDLER'
  macros.set('notificationtype', isHandler ? 'CUSTOM' : type)
  const isAcknowledgement = word === 'ACKNOWLEDGEMENT'
  const said =
    given.get('notificationcomment') ?? (isAcknowledgement ? given.get(`${of}ackcomment`) : undefined)
  const who =
    given.get('notificationauthoralias') ??
    given.get('notificationauthor') ??
    given.get('notificationauthorname') ??
    (isAcknowledgement ? given.get(`${of}ackauthor`) : undefined)
  if (!macros.has('author') && !macros.has('ackauthor')) set(macros, 'author', who)
  if (macros.has('comment') || macros.has('ackcomment')) return
  const handler = `Alert handler${type.trim().slice(word.length)}`
  set(macros, 'comment', isHandler ? (said === undefined ? handler : `${handler}: ${said}`) : said)
}

/** The number of the problem is 0 while there is none; when all is well again the last one is meant. */
function setEpisode(macros: Map<string, string>, given: Variables, of: Of): void {
  const current = given.get(`${of}problemid`)?.trim()
  const isWell = /^(0|OK|UP)$/i.test(macros.get(`${of}state`)?.trim() ?? '')
  const number =
    current !== undefined && current !== '0' ? current : isWell ? given.get(`last${of}problemid`) : undefined
  set(macros, 'problemid', number)
}

/**
 * Microseconds at which Checkmk made the notification: the same for all contacts, and when it runs the script again
 * because that failed.
 */
function setTime(macros: Map<string, string>, given: Variables): void {
  const micros = given.get('microtime')?.trim() ?? ''
  if (!/^\d{14,17}$/.test(micros)) return
  macros.set('id', `m${micros}`)
  macros.set('time', (Number(micros) / 1_000_000).toFixed(3))
}

/** The path of a check in the user interface, below the site. */
const PATH = /^\/check_mk\/[^\s<>|]*$/

/**
 * Checkmk sends the path only. The address before it comes from the notification script (`--siteurl`), otherwise from the
 * name of the machine that sent it.
 */
function linkOf(given: Variables, of: Of): string | null {
  const path = given.get(`${of}url`)?.trim() ?? ''
  if (/^https?:\/\//i.test(path)) return path
  if (!PATH.test(path)) return null
  const site = given.get('siteurl')?.trim()
  if (site !== undefined) return site.replace(/\/(check_mk\/?)?$/, '') + path
  const host = given.get('monitoringhost')?.trim() ?? ''
  const name = given.get('omdsite')?.trim() ?? ''
  return /^[a-z0-9.-]+$/i.test(host) && /^\w+$/.test(name) ? `http://${host}/${name}${path}` : null
}
