import { isGiven } from './reading.ts'

/*
 * What was not understood is kept, for whoever looks into it. The beginning of a body may be a packet, and so somebody's
 * password; of a body that is not understood only what is known to be harmless is kept, and the names of everything else.
 */

const HARMLESS = new Set([
  'timestamp',
  '@timestamp',
  'event_type',
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'signature',
  'signature_id',
  'gid',
  'hostName',
  'reason',
  'sourceIP',
  'destinationIP',
  'startTime',
  'severity',
  'action',
  'EventType',
  'EventID',
  'TenantID',
  'Hostname',
  'Reason',
  'LogDate',
  'Type',
  'TopicArn',
  'SubscribeURL',
])
/** Something of everything is kept, and an address with a token is the longest of it. */
const TEXT_MAX_CHARS = 600
const NAMES_MAX = 40
const NAME_MAX_CHARS = 60
const DEPTH_MAX = 4

/** @returns what may be kept of something that was not understood */
export function excerptOf(given: unknown): string {
  if (given === null || typeof given === 'string') {
    return 'What was sent is not kept: it is no JSON object, and may hold packets.'
  }
  return JSON.stringify(harmless(given, '', 0)).toWellFormed()
}

function harmless(value: unknown, name: string, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string' || typeof value === 'number') {
    return HARMLESS.has(name) ? String(value).slice(0, TEXT_MAX_CHARS) : '…'
  }
  if (depth >= DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => harmless(one, name, depth + 1))
  if (!isGiven(value)) return '…'
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, NAMES_MAX)
      .map(([key, one]) => [key.slice(0, NAME_MAX_CHARS), harmless(one, key, depth + 1)]),
  )
}
