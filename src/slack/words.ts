import type { Refusal } from '../core/refusal.ts'
import { dateToken, inert, inertCut } from './blocks/text.ts'

/** Of what somebody typed, when it is said again. */
const ASKED_MAX_CHARS = 200

/** Said where a time of day was read for somebody whose zone Slack does not say. */
export const ASSUMED_UTC = 'Your time zone is not known, so the time was read as UTC.'

/**
 * Says why something was not done. Returns mrkdwn; what is foreign in it is escaped.
 *
 * @param refusal from the core
 * @param prefix in front of our commands' names
 */
export function refusalSentence(refusal: Refusal, prefix = ''): string {
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
      return `${onlyThese(refusal.groups)} do this here. Nothing was changed.`
    case 'group-unknown':
      return 'Slack did not say in time who is in the group that may do this, so nothing was changed. Try again in a moment.'
    case 'closed':
      return `${inert(refusal.name)} is over since ${dateToken(refusal.closed)}. There is nothing left to acknowledge.`
    case 'not-acknowledged':
      return `${inert(refusal.name)} is not acknowledged, so there is nothing to remove.`
    case 'made-in-monitor':
      return `${inert(refusal.name)} was acknowledged in ${inert(refusal.monitor)}, which cannot be told from here. Remove it there.`
    case 'problem-unknown':
      return 'This problem is not known here any more.'
    case 'until-past':
      return 'That time is over already. Give one that is still to come.'
    case 'when-unclear':
      return `“${inertCut(refusal.text, ASKED_MAX_CHARS)}” is not understood as a time. Try \`for 2h\`, \`until 14:00\` or \`until tomorrow 9:00\`.`
    case 'nothing-matches':
      return nothingFound(refusal, 'No open problem matches', `\`/${prefix}problems\` shows what is open.`)
    case 'not-known':
      return nothingFound(refusal, 'Nothing was ever heard of', 'Names are those that the monitor sends.')
    case 'fine':
      return `${inert(refusal.name)} has no open problem.`
    case 'nothing-failed':
      return `Nothing of ${inert(refusal.name)} failed, so there is nothing to try again.`
    case 'no-downtime':
      return `${inert(refusal.monitor)} cannot be told of downtimes from here. Set it there.`
    case 'no-downtime-of-ours':
      return `No downtime of ${inert(refusal.name)} was set from here. Remove it in ${inert(refusal.monitor)}.`
    case 'downtime-stands':
      return `${inert(refusal.name)} has a downtime until ${dateToken(refusal.until)} that was set from here. Remove it first: \`/${prefix}downtime HOST [SERVICE] remove\`.`
    case 'until-far':
      return 'A downtime of more than a year is more likely a slip. Give a shorter one.'
    case 'unavailable':
      return 'ackbridge cannot write its database at the moment, so nothing was changed. Try again in a minute; the operator has been told in the log.'
  }
}

function nothingFound(
  { asked, suggestions }: { readonly asked: string; readonly suggestions: readonly string[] },
  what: string,
  hint: string,
): string {
  const said = `${what} “${inertCut(asked, ASKED_MAX_CHARS)}”.`
  if (suggestions.length === 0) return `${said} ${hint}`
  return `${said} Did you mean ${suggestions.map((name) => `*${inert(name)}*`).join(' or ')}?`
}

/** @returns who may do what somebody may not, in mrkdwn */
export function onlyThese(groups: readonly string[]): string {
  return `Only ${groups.map(memberToken).join(', ')} may`
}

/** A group or person named without calling them: in a private answer a token calls nobody. */
function memberToken(id: string): string {
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`
}
