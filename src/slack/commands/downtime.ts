import { type Found, findChecks, nameOfFound } from '../../core/find.ts'
import { type CheckState, checkName } from '../../core/problem.ts'
import type { DowntimeResult } from '../../flows/set-downtime.ts'
import { type ReplyMessage, said } from '../blocks/reply.ts'
import { dateToken, inert } from '../blocks/text.ts'
import { ASSUMED_UTC, refusalSentence } from '../words.ts'
import { type CommandAnswer, type CommandInput, onlyVisible, refused } from './ack.ts'
import { parseWhen } from './when.ts'

const SETTING = { action: 'downtime', problem: null } as const
const USAGE = 'downtime HOST [SERVICE] for 2h [comment]`, or `until 14:00`, or `remove'
/** Names told when several match. */
const TOLD_MAX = 10

/** `/downtime [MONITOR/]HOST [SERVICE] for|until WHEN [comment]`, or `remove`. It is set in the monitor, from now on. */
export async function downtime(input: CommandInput): Promise<CommandAnswer> {
  const { parts, acting, text, interaction } = input
  if (text === '') return { message: said(`Say what: \`/${parts.commandPrefix}${USAGE}\`.`), outcome: 'help' }
  const looked = await parts.lookUp(
    acting,
    'command',
    (queries, visible) => {
      const found = findChecks(queries, text, parts.monitors)
      return found.kind === 'nothing' ? onlyVisible(found, queries, visible, parts.monitors) : found
    },
    SETTING,
  )
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const found = looked.answer
  if (found.kind === 'nothing')
    return refused(parts, { why: 'not-known', asked: found.asked, suggestions: found.suggestions })
  const meant = meantChecks(found)
  const [only, second] = meant
  if (only === undefined) return refused(parts, { why: 'fine', name: nameOfFound(found) })
  if (second !== undefined) return { message: whichOf(meant), outcome: 'asked' }
  const about = { ...acting, check: only.check, through: 'command', interaction } as const
  const name = inert(checkName(only.check))
  const monitor = inert(only.check.monitor)
  if (/^(remove|cancel|end)$/i.test(found.rest.trim())) {
    const removed = await parts.downtime.remove(about)
    const sentence = `Removing the downtime of ${name}. Sending to ${monitor} …`
    return { message: answerOf(removed, sentence), outcome: removed.kind }
  }
  const when = await parseWhen(found.rest, acting.person.zone, parts.clock.now())
  if (when.kind === 'unclear') return refused(parts, { why: 'when-unclear', text: when.text })
  if (when.kind === 'none')
    return { message: said(`Say how long: \`/${parts.commandPrefix}${USAGE}\`.`), outcome: 'help' }
  const comment = when.rest === '' ? null : when.rest
  const set = await parts.downtime.set({ ...about, until: when.at, comment })
  const note = when.assumedUtc ? ` ${ASSUMED_UTC}` : ''
  const sentence = `Downtime of ${name} until ${dateToken(when.at)}. Sending to ${monitor} …${note}`
  return { message: answerOf(set, sentence), outcome: set.kind }
}

/** A host that is named alone means itself, not its services. */
function meantChecks(found: Extract<Found, { kind: 'checks' }>): readonly CheckState[] {
  const hosts = found.states.filter(({ check }) => check.service === null)
  return found.named === 'host' && hosts.length > 0 ? hosts : found.states
}

function answerOf(result: DowntimeResult, sentence: string): ReplyMessage {
  switch (result.kind) {
    case 'requested':
      return said(sentence)
    case 'repeated':
      return said('This was done already.')
    case 'refused':
      return said(refusalSentence(result.refusal))
  }
}

function whichOf(states: readonly CheckState[]): ReplyMessage {
  const names = states
    .slice(0, TOLD_MAX)
    .map(({ check }) => `\`${inert(`${check.monitor}/${checkName(check)}`)}\``)
  const more = states.length > TOLD_MAX ? `, and ${states.length - TOLD_MAX} more` : ''
  return said(`Which one? ${names.join(', ')}${more}. Name one of them.`)
}
