import { Failure } from '../../core/failure.ts'
import type { Capabilities, Finding, MonitorApi, Reading } from '../../core/monitor-api.ts'
import { keyOfNames, namesOfKey } from '../../core/notification.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { createOrders, type Sender } from './acknowledge.ts'
import { examineCommandFile, writeCommand } from './command-file.ts'
import type { Names } from './command-line.ts'
import type { Config } from './config.ts'
import { createLivestatus, type Livestatus } from './livestatus.ts'
import { parseLivestatusAddress } from './livestatus-address.ts'
import { createLivestatusSource, type LivestatusSource } from './read-livestatus.ts'
import { createStatusJsonSource } from './read-status-json.ts'
import { assembleReading, type Source } from './reconcile.ts'

/**
 * Wires the ways that are configured: orders go by Livestatus, else into the command file; readings come by Livestatus, else
 * by statusjson.cgi.
 *
 * @returns null when none is configured
 * @throws Error when a file of certificates cannot be read
 */
export function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { name, clock } = around
  const address = settings.livestatus === undefined ? null : parseLivestatusAddress(settings.livestatus)
  const livestatus = address === null ? null : createLivestatus(address, around)
  const live = livestatus === null ? null : createLivestatusSource(livestatus, around)
  const source = live ?? statusJson(settings, around)
  const sender = senderOf(settings, livestatus, name)
  if (source === null && sender === null) return null

  const read = async (names: readonly Names[]): Promise<Reading> => {
    const reading = assembleReading(await readable(source, name).read(names))
    const asked = new Set(names.map(({ host, service }) => keyOfNames(host, service)))
    return { asOf: reading.asOf, checks: new Map([...reading.checks].filter(([key]) => asked.has(key))) }
  }
  return {
    capabilities: capabilitiesOf(sender !== null, source !== null, live),
    ...createOrders({
      name,
      clock,
      sender,
      // Whoever reads through statusjson.cgi gets nothing back of what is not ASCII, not even our mark.
      spelling: live === null && source !== null ? 'ascii' : 'utf8',
      learnExpires: async () => live !== null && (live.expires ?? (await live.learn())),
      downtimesOf:
        source === null
          ? null
          : async (names) =>
              [...(await read([names])).checks.values()].flatMap((check) => check.downtimes ?? []),
    }),
    read: (targets) => read(targets.map(({ key }) => namesOfKey(key))),
    readProblems: async () => assembleReading(await readable(source, name).readProblems()),
    examine: () => examine(settings, sender, source, name),
    close: async () => source?.close(),
  }
}

function statusJson({ statusJson }: Config, around: MonitorSurroundings): Source | null {
  return statusJson === undefined ? null : createStatusJsonSource(statusJson, around)
}

function senderOf({ commandFile }: Config, livestatus: Livestatus | null, name: string): Sender | null {
  if (livestatus !== null) return { way: 'livestatus', send: livestatus.command }
  if (commandFile === undefined) return null
  return { way: 'command file', send: (line) => writeCommand(commandFile, line, name) }
}

function capabilitiesOf(told: boolean, read: boolean, live: LivestatusSource | null): Capabilities {
  return {
    acknowledge: told,
    remove: told,
    comment: told,
    downtime: told,
    removeDowntime: told,
    read,
    /** False until it was seen to run a version that does. */
    get expires() {
      return live?.expires === true
    },
    author: told,
    sticky: told,
    persistent: told,
    notify: told,
  }
}

function readable(source: Source | null, name: string): Source {
  if (source !== null) return source
  throw new Failure(
    'rejected',
    { kind: 'never' },
    `${name} cannot be read: it has neither livestatus nor statusJson configured.`,
  )
}

async function examine(
  { commandFile }: Config,
  sender: Sender | null,
  source: Source | null,
  name: string,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  if (sender === null) {
    const found = `${name} has neither commandFile nor livestatus: it is read, but told nothing.`
    findings.push({ what: 'right to acknowledge', ok: true, found, advice: null })
  }
  if (sender?.way === 'command file' && commandFile !== undefined) {
    findings.push(await examineCommandFile(commandFile, name))
  }
  if (source === null) {
    const found = `${name} has neither livestatus nor statusJson: what comes of an order is not seen.`
    findings.push({ what: 'read', ok: true, found, advice: null })
  } else {
    findings.push(...(await source.examine()))
  }
  return findings
}
