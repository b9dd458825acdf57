import type { Refusal } from '../core/refusal.ts'
import { dateToken, escapeText } from './blocks/text.ts'

/**
 * Says why something was not done. Returns mrkdwn; what is foreign in it is escaped.
 *
 * @param refusal from the core
 */
export function refusalSentence(refusal: Refusal): string {
  switch (refusal.why) {
    case 'guest':
      return 'Guests cannot do this. Ask a full member of this workspace.'
    case 'stranger':
      return 'People of other workspaces cannot do this. Ask somebody of this workspace.'
    case 'bot':
      return 'Bots cannot do this; it takes a person.'
    case 'deactivated':
      return 'This account is deactivated in this workspace, so nothing was changed.'
    case 'membership-unknown':
      return 'Slack did not say in time who you are, so nothing was changed. Try again in a moment.'
    case 'not-in-group':
      return `Only ${refusal.groups.map(memberToken).join(', ')} may do this here. Nothing was changed.`
    case 'group-unknown':
      return 'Slack did not say in time who is in the group that may do this, so nothing was changed. Try again in a moment.'
    case 'closed':
      return `${escapeText(refusal.name)} is over since ${dateToken(refusal.closed)}. There is nothing left to acknowledge.`
    case 'not-acknowledged':
      return `${escapeText(refusal.name)} is not acknowledged, so there is nothing to remove.`
    case 'problem-unknown':
      return 'This problem is not known here any more. `/problems` shows what is open.'
    case 'until-past':
      return 'That time is over already. Give one that is still to come.'
    case 'when-unclear':
      return `“${escapeText(refusal.text)}” is not understood as a time. Try \`for 2h\`, \`until 14:00\` or \`until tomorrow 9:00\`.`
    case 'nothing-matches':
      return nothingMatches(refusal.asked, refusal.suggestions)
    case 'fine':
      return `${escapeText(refusal.name)} has no open problem.`
    case 'unavailable':
      return 'ackbridge cannot write its database at the moment, so nothing was changed. Try again in a minute; the operator has been told in the log.'
  }
}

function nothingMatches(asked: string, suggestions: readonly string[]): string {
  const said = `No open problem matches “${escapeText(asked)}”.`
  if (suggestions.length === 0) return `${said} \`/problems\` shows what is open.`
  return `${said} Did you mean ${suggestions.map((name) => `*${inertBold(name)}*`).join(' or ')}?`
}

/** A name inside asterisks must not end them. */
function inertBold(name: string): string {
  return escapeText(name).replaceAll('*', '∗')
}

/** A group or person named without calling them: in a private answer a token calls nobody. */
function memberToken(id: string): string {
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`
}
