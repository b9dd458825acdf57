import type { Config } from '../config/config.ts'
import type { Clock } from '../core/ports.ts'
import type { Observation } from '../flows/examine.ts'
import { askServer, hostToAsk, type ServerAnswer } from './ask-server.ts'

/** What waits longer than this is late, and later than this somebody should have seen it long ago. */
const LATE_SECONDS = 300
const TOO_LATE_SECONDS = 1800

/** What the server says of a monitor that is well; or the name of its kind. */
const WELL_WORDS: ReadonlySet<string> = new Set([
  'ok',
  'connected',
  'starting',
  'kept here only',
  'cannot be read',
  'not asked yet',
])

/**
 * Asks the server how it is.
 *
 * @param isExpected it has to be running
 * @param kinds names of all kinds of monitors
 */
export async function examineServer(
  http: Config['http'],
  isExpected: boolean,
  kinds: readonly string[],
  clock: Clock,
): Promise<readonly Observation[]> {
  const where = `${hostToAsk(http.host)}:${http.port}`
  if (http.port === 0) return portOfChance(isExpected)
  const answer = await askServer(http, clock)
  if (answer.what === 'ours') return describeHealth(answer.health, where, kinds)
  return [describeAnswer(answer, where, isExpected)]
}

function portOfChance(isExpected: boolean): readonly Observation[] {
  const found = 'PORT is 0, which means any free port, so nobody can tell where the server listens.'
  return [isExpected ? bad('reach', found, 'Set PORT to a number.') : well('port', found)]
}

function describeAnswer(
  answer: Exclude<ServerAnswer, { what: 'ours' }>,
  where: string,
  isExpected: boolean,
): Observation {
  switch (answer.what) {
    case 'nothing':
      if (!isExpected && answer.why === 'ECONNREFUSED')
        return well('port', `No server runs on ${where}; the port is free.`)
      return {
        ...bad(
          'reach',
          `No server answers on ${where} (${answer.why}).`,
          'Start it, and look at what it said last.',
        ),
        isGrave: true,
        mayPass: true,
      }
    case 'silent':
      return {
        ...bad('reach', `Something listens on ${where} and does not answer.`, 'Look at its log; restart it.'),
        isGrave: true,
        mayPass: true,
      }
    case 'other':
      return {
        ...bad(
          'port',
          `What answers on ${where} is not ackbridge.`,
          'Stop it, or set PORT to another one. With TLS_CERT here, the server needs it too.',
        ),
        isGrave: true,
      }
    case 'not open':
      return {
        ...bad(
          'ready',
          `The server on ${where} runs and takes nothing yet: it is starting, or cannot open its database.`,
          'If that lasts, look at its log.',
        ),
        isGrave: true,
        mayPass: true,
      }
  }
}

function describeHealth(
  health: Readonly<Record<string, unknown>>,
  where: string,
  kinds: readonly string[],
): readonly Observation[] {
  const { status, slack, monitors, oldestUndeliveredSeconds: oldest, parked, refusedChannels } = health
  return [
    status === 'ready'
      ? well('ready', `The server on ${where} takes notifications.`)
      : {
          ...bad(
            'ready',
            `The server on ${where} cannot write its database and takes nothing.`,
            'Look at its log: a full or read-only disk, or a lock.',
          ),
          isGrave: true,
          mayPass: true,
        },
    ...describeSlack(slack),
    ...describeOutbox(oldest, parked),
    ...describeChannels(refusedChannels),
    ...describeMonitors(monitors, kinds),
  ]
}

function describeSlack(slack: unknown): readonly Observation[] {
  if (typeof slack !== 'string') return []
  switch (slack) {
    case 'http':
      return [well('slack', 'The server waits for Slack to call (HTTP mode).')]
    case 'connected':
      return [well('slack', 'The server is connected to Slack (Socket Mode).')]
    case 'starting':
      return [well('slack', 'The server is starting and not connected to Slack yet.')]
    case 'not connected': {
      const advice = 'It tries again by itself. If that lasts: the network, HTTPS_PROXY, SLACK_APP_TOKEN.'
      return [
        {
          ...bad('slack', 'The server has no connection to Slack; buttons and commands do nothing.', advice),
          isGrave: true,
          mayPass: true,
        },
      ]
    }
    default:
      return [
        {
          ...bad(
            'slack',
            `Slack refuses what the server sends (${slack.slice(0, 60)}).`,
            'Put a token that works into the environment and restart.',
          ),
          isGrave: true,
        },
      ]
  }
}

function describeOutbox(oldest: unknown, parked: unknown): readonly Observation[] {
  const found: Observation[] = []
  if (typeof oldest === 'number' && oldest > LATE_SECONDS) {
    const sentence = `What waits longest to be delivered waits for ${oldest} seconds.`
    const advice = 'Slack or a monitor is slow or away; it is tried again by itself. The log says which.'
    found.push({ ...bad('delivery', sentence, advice), mayPass: true, isGrave: oldest > TOO_LATE_SECONDS })
  } else
    found.push(
      well(
        'delivery',
        typeof oldest === 'number'
          ? `What waits longest waits for ${oldest} seconds.`
          : 'Nothing waits to be delivered.',
      ),
    )
  if (typeof parked === 'number' && parked > 0) {
    const sentence = `${parked} ${parked === 1 ? 'message' : 'messages'} could not be delivered and are parked.`
    found.push(
      bad(
        'parked',
        sentence,
        '`ackbridge outbox list` says why; put that right, then `ackbridge outbox retry --all`.',
      ),
    )
  }
  return found
}

const CHANNELS_MAX = 20

function describeChannels(refused: unknown): readonly Observation[] {
  if (typeof refused !== 'object' || refused === null) return []
  return Object.entries(refused)
    .slice(0, CHANNELS_MAX)
    .map(([channel, why]) => ({
      ...bad(
        `channel ${channel.slice(0, 40)}`,
        `Slack takes no messages there (${String(why).slice(0, 60)}); they go to the default channel, if that is another one.`,
        'Unarchive it or invite the bot there, or name another channel in the configuration.',
      ),
      isGrave: true,
    }))
}

function describeMonitors(monitors: unknown, kinds: readonly string[]): readonly Observation[] {
  if (typeof monitors !== 'object' || monitors === null) return []
  return Object.entries(monitors).flatMap(([name, said]) => {
    const word = typeof said === 'string' ? said : (said as { status?: unknown } | null)?.status
    if (typeof word !== 'string' || kinds.includes(word) || WELL_WORDS.has(word)) return []
    const sentence = `The server says of ${name}: ${word.slice(0, 200)}.`
    return [{ ...bad('monitor', sentence, 'Look at that monitor, and at the log.'), mayPass: true }]
  })
}

function well(what: string, found: string): Observation {
  return { part: 'server', what, ok: true, found, advice: null, mayPass: false, isGrave: false }
}

function bad(what: string, found: string, advice: string): Observation {
  return { part: 'server', what, ok: false, found, advice, mayPass: false, isGrave: false }
}
