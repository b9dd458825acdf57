import { globMatches } from '../../core/match.ts'
import type { NotificationType } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import type { Config, LooksFor, Rule } from './config.ts'
import type { Message } from './read-message.ts'
import type { Title } from './read-title.ts'
import { stateOfColor } from './state-of-color.ts'

/** Characters that are looked at. */
const LOOKED_AT_MAX_CHARS = 1024

/** What a message is. */
export type Decision =
  | { readonly what: 'ignored' }
  | { readonly what: 'told'; readonly type: NotificationType; readonly state: State }

/**
 * Decides by the rules, then by what the title says, then by the colour. What can be told to be over is a problem, with a
 * state until then; all else is an event, which is over when somebody has taken it.
 */
export function decide(message: Message, title: Title, { rules }: Pick<Config, 'rules'>): Decision {
  const rule = rules.find(({ match }) => matches(match, message))
  if (rule?.ignore === true) return { what: 'ignored' }
  // A rule about severity finds the same words in the message that ends it.
  if (rule?.resolved === true || title.says === 'over') return { what: 'told', type: 'RECOVERY', state: 'OK' }
  const state = rule?.state ?? title.state ?? stateOfColor(message.color) ?? 'WARNING'
  const ends = title.says === 'problem' || rules.some(({ resolved }) => resolved === true)
  return { what: 'told', type: ends ? 'PROBLEM' : 'EVENT', state }
}

function matches(match: Rule['match'], message: Message): boolean {
  const { title, text, color, username, fields = {} } = match
  return (
    (title === undefined || finds(title, message.title.trim())) &&
    (text === undefined || finds(text, message.lines.join('\n'))) &&
    (color === undefined || finds(color, message.color)) &&
    (username === undefined || finds(username, message.username)) &&
    Object.entries(fields).every(([name, looksFor]) => finds(looksFor, fieldNamed(message, name) ?? ''))
  )
}

function finds(looksFor: LooksFor, text: string): boolean {
  if (typeof looksFor === 'string') return globMatches(looksFor, text)
  return text.slice(0, LOOKED_AT_MAX_CHARS).toLowerCase().includes(looksFor.contains.toLowerCase())
}

/** @returns the value of a field, or of a line `Name: value`; case does not matter. Null when there is none */
export function fieldNamed(
  { fields, lines }: Pick<Message, 'fields' | 'lines'>,
  name: string,
): string | null {
  const wanted = name.trim().toLowerCase()
  const field = fields.find(({ label }) => label.replace(/:$/, '').trim().toLowerCase() === wanted)
  if (field !== undefined) return field.value.trim() || null
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === wanted)
      return line.slice(colon + 1).trim() || null
  }
  return null
}
