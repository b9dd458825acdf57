import type { Button, KnownBlock, MessageAttachment, RichTextBlock, RichTextElement } from '@slack/types'
import type { Acknowledgement, Ending, HandOver } from '../../core/acknowledgement.ts'
import { duration } from '../../core/duration.ts'
import { cutChars, FIELDS_SHOWN, outputPreview } from '../../core/output-preview.ts'
import type { CardRef } from '../../core/ports.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import { hasFailed } from '../../core/retry-hand-over.ts'
import { ACTION } from '../ids.ts'
import { stateLook, stateWord } from './state.ts'
import {
  context,
  date,
  dateToken,
  escapeText,
  inert,
  line,
  link,
  mention,
  mrkdwn,
  plain,
  preformatted,
  text,
} from './text.ts'

export type CardMessage = {
  readonly text: string
  readonly blocks: KnownBlock[]
  readonly attachments: MessageAttachment[]
}

/** A phone's lock screen shows about this much. */
export const FALLBACK_MAX_CHARS = 150
/** A card that is first posted this long after its cause says so. */
const LATE_MS = 2 * 60_000
/** Channels named that the card was meant for. */
const DETOURS_SHOWN = 3
/** Labels shown, and characters of them. */
const LABELS_SHOWN = 4
const LABELS_MAX_CHARS = 150

/**
 * Draws a problem. The head stands above the colour bar, everything else beside it; the text is what a notification on a
 * phone says.
 *
 * @param now epoch ms, for how long it has lasted
 */
export function card(
  ref: CardRef,
  view: ProblemView,
  now: number,
  abilities: Abilities = { downtime: false },
): CardMessage {
  const shown = shownState(view)
  const words = fallback(view, shown.word)
  const parts = [output(view), who(view), folded(ref, view), downtime(view, now), facts(ref, view, now)]
  const blocks = parts.filter((block) => block !== null)
  const buttons = buttonsOf(view, abilities, now)
  const body: KnownBlock[] =
    buttons.length === 0 ? blocks : [...blocks, { type: 'actions', elements: buttons }]
  return {
    text: escapeText(words),
    blocks: [head(ref, view, shown)],
    attachments: [{ color: shown.look.colour, fallback: escapeText(words), blocks: body }],
  }
}

/** What the problem's monitor can be told, as far as a button depends on it. */
export type Abilities = { readonly downtime: boolean }

/** What stands first: a word, and the look of a state. */
type Shown = { readonly word: string; readonly look: ReturnType<typeof stateLook> }

/** A closed problem shows what it became: recovered, done by whoever took the event, or ended for another. */
function shownState({ problem, check }: ProblemView): Shown {
  if (problem.closed === null) return { word: stateWord(problem.state), look: stateLook(problem.state) }
  const look = stateLook('OK')
  switch (problem.closedBecause) {
    case 'acknowledgement':
      return { word: 'DONE', look }
    case 'episode':
      return { word: 'ENDED', look }
    case 'recovery':
    case null:
      return { word: check.service === null ? 'UP' : 'OK', look }
  }
}

function fallback(view: ProblemView, word: string): string {
  const { check, tally } = view
  const [firstLine = ''] = tally.output.split('\n', 1)
  const head = `${word} ${checkName(check)}`
  const tail = ` (${check.monitor})`
  const room = FALLBACK_MAX_CHARS - head.length - tail.length - 2
  const said = firstLine === '' || room < 8 ? '' : `: ${cutChars(firstLine, room)}`
  return cutChars(`${head}${said}${tail}`, FALLBACK_MAX_CHARS)
}

function head(ref: CardRef, { problem, check }: ProblemView, { word, look }: Shown): RichTextBlock {
  const name = checkName(check)
  const rings = problem.closed === null && problem.acknowledgement === null && !ref.quiet
  const calls = rings ? ref.mention : []
  return line(
    text(`${look.emoji} `),
    text(word, { bold: true }),
    text('  '),
    check.url === null ? text(name, { bold: true }) : link(check.url, name),
    ...calls.flatMap((id) => [text('  '), mention(id)]),
  )
}

function output({ check, tally }: ProblemView): RichTextBlock | null {
  const { text: shown, cut } = outputPreview(tally.output, tally.longOutput)
  const fields = (check.fields ?? [])
    .slice(0, FIELDS_SHOWN)
    .map(({ label, value }) => `${label}: ${cutChars(value, 200)}`)
  const lines = [...(shown === '' ? [] : [cut && !shown.endsWith('…') ? `${shown}\n…` : shown]), ...fields]
  return lines.length === 0 ? null : preformatted(lines.join('\n'))
}

/** Who has it, and how far that got. */
function who({ problem, check }: ProblemView): RichTextBlock {
  if (problem.closed !== null) return closing({ problem, check })
  const held = problem.acknowledgement
  if (held === null) return line(text('Nobody has it yet.'))
  return line(
    text(held.by.name, { bold: true }),
    text(' has it since '),
    date(held.at, '{time}'),
    ...(held.until === null ? [] : [text(', until '), date(held.until)]),
    text('. '),
    ...(held.ending === null ? handOverWords(held, check.monitor) : endingWords(held.ending, check.monitor)),
    ...(held.comment === null ? [] : [text(`\n“${cutChars(held.comment, 500)}”`, { italic: true })]),
  )
}

function handOverWords(held: Acknowledgement, monitor: string): RichTextElement[] {
  if (held.foreign) return [text(`Acknowledged in ${monitor}.`)]
  return onTheWay(held.handOver, held, monitor)
}

/** Its end, which holds only when the monitor agrees. */
function endingWords({ by, because, ...ending }: Ending, monitor: string): RichTextElement[] {
  const what = because === 'expiry' ? 'Its time is up. ' : `${by?.name ?? 'Somebody'} removes it. `
  return [text(what), ...onTheWay(ending.handOver, ending, monitor)]
}

type Standing = { readonly reason: string | null; readonly retrying: boolean }

/** How far a hand-over got, in words. What failed stands out, in a line of its own. */
function onTheWay(handOver: HandOver, { reason, retrying }: Standing, monitor: string): RichTextElement[] {
  switch (handOver) {
    case 'requested':
      return [text(`Sending to ${monitor} …`)]
    case 'sent':
      return [text(`Sent to ${monitor}, which cannot be read back.`)]
    case 'confirmed':
      return [text(`Confirmed by ${monitor}.`)]
    case 'already':
      return [
        text(
          `${monitor} had it acknowledged already${reason === null ? '' : `, by ${cutChars(reason, 300)}`}.`,
        ),
      ]
    case 'not_a_problem':
      return [text(`${monitor} has no problem there.`)]
    case 'failed':
      return [
        text(`\n❌ FAILED: ${cutChars(reason ?? `${monitor} did not take it.`, 300)}`, { bold: true }),
        ...(retrying ? [text(' It is tried again by itself.')] : []),
      ]
    case 'not_supported':
      return [text(`Kept here only: ${monitor} is not told.`)]
  }
}

/** What the services of a host that is down say is the same news, and stands on its card. */
function folded({ folded: all }: CardRef, { problem }: ProblemView): RichTextBlock | null {
  if (all === undefined) return null
  const count = all.byState.reduce((sum, { open }) => sum + open, 0)
  const what = `${count} ${count === 1 ? 'service' : 'services'}`
  const states = all.byState.map(({ state, open }) => `${open} ${stateWord(state)}`).join(', ')
  const more = count - all.names.length
  const names = all.names.map((name) => cutChars(name, 60)).join(', ') + (more > 0 ? ` and ${more} more` : '')
  const then = problem.closed === null ? '' : ' What does not recover in two minutes gets a card of its own.'
  return line(text(`${what} of it: ${states}`, { bold: true }), text(`  (${names}).${then}`))
}

/** A downtime that was set from here and is not over. */
function downtime({ problem, check }: ProblemView, now: number): RichTextBlock | null {
  const set = check.downtime
  if (set === null || set.until <= now || problem.closed !== null) return null
  return line(
    text('Downtime', { bold: true }),
    text(' until '),
    date(set.until),
    text(` by ${set.by.name}. `),
    ...(set.ending === null
      ? onTheWay(set.handOver, set, check.monitor)
      : endingWords(set.ending, check.monitor)),
    ...(set.comment === null ? [] : [text(`\n“${cutChars(set.comment, 300)}”`, { italic: true })]),
  )
}

function closing({ problem, check }: Pick<ProblemView, 'problem' | 'check'>): RichTextBlock {
  const closed = problem.closed ?? problem.opened
  const taken = problem.firstTaken
  const lasted = duration(closed - problem.opened)
  const how =
    problem.closedBecause === 'acknowledgement'
      ? `Done after ${lasted}.`
      : problem.closedBecause === 'episode'
        ? `Ended after ${lasted}; ${check.monitor} reports a new problem instead.`
        : `Recovered after ${lasted}.`
  const had =
    taken === null ? ' Nobody took it.' : ` ${taken.by} had it after ${duration(taken.at - problem.opened)}.`
  return line(text(how, { bold: true }), text(had))
}

/** One small line: since when, how often, from where, what matters. */
function facts(ref: CardRef, { problem, check, tally }: ProblemView, now: number) {
  const open = problem.closed === null
  const since = `${open ? 'since' : 'began'} ${dateToken(problem.opened)}`
  const lasted = open && now - problem.opened >= 60_000 ? ` (${duration(now - problem.opened)})` : ''
  const late = lateBy(ref, problem, now)
  const rest = [
    open ? alike(ref) : '',
    tally.count > 1 ? `${tally.count} notifications` : '',
    check.monitor,
    check.address !== null && check.address !== check.host ? check.address : '',
    check.inDowntime ? 'in downtime' : '',
    check.isFlapping ? 'flapping' : '',
    labels(check.labels),
  ]
  return context(
    mrkdwn(since + lasted + late),
    plain(rest.filter((part) => part !== '').join(' · '), 300),
    ...(ref.meantFor ?? []).slice(0, DETOURS_SHOWN).map(meantFor),
  )
}

/** A card that nobody has seen before says how long it was on its way: since it happened or was told, whichever is first. */
function lateBy(
  { waitsSince }: CardRef,
  { changed }: Pick<ProblemView['problem'], 'changed'>,
  now: number,
): string {
  if (waitsSince === undefined) return ''
  const late = now - Math.min(waitsSince, changed)
  return late > LATE_MS ? ` · delivered ${duration(late)} late` : ''
}

/** Where it should stand, for those who look there, and for those who can put it right. */
function meantFor({ channel, why }: NonNullable<CardRef['meantFor']>[number]) {
  return mrkdwn(`⚠️ meant for <#${channel}> (${inert(channel)}), ${whyNotThere(why)}`)
}

function whyNotThere(word: string): string {
  switch (word) {
    case 'is_archived':
      return 'which is archived'
    case 'not_in_channel':
      return 'where ackbridge is not a member'
    case 'channel_not_found':
      return 'which is gone, or private without ackbridge in it'
    default:
      return `where Slack lets ackbridge post nothing: ${inert(word)}`
  }
}

/** An attack that spreads shows on the card of each of its events. */
function alike({ alike: all }: CardRef): string {
  if (all === undefined || all.events < 2) return ''
  return `1 of ${all.events} alike, on ${all.hosts} ${all.hosts === 1 ? 'host' : 'hosts'}`
}

function labels(all: Readonly<Record<string, string>> | null): string {
  if (all === null) return ''
  const shown = Object.entries(all)
    .slice(0, LABELS_SHOWN)
    .map(([label, value]) => `${label}=${value}`)
  return cutChars(shown.join(' '), LABELS_MAX_CHARS)
}

function buttonsOf(view: ProblemView, abilities: Abilities, now: number): Button[] {
  const { problem } = view
  if (problem.closed !== null) return []
  const retry: Button[] = hasFailed(view, now)
    ? [{ ...button(ACTION.retry, 'Retry', problem.id), style: 'primary' }]
    : []
  const more = abilities.downtime ? [button(ACTION.downtimeForm, 'Downtime…', problem.id)] : []
  const held = problem.acknowledgement
  if (held !== null && held.ending === null)
    return [...retry, button(ACTION.remove, 'Remove acknowledgement', problem.id), ...more]
  const take = button(ACTION.acknowledge, 'Acknowledge', problem.id)
  return [
    ...retry,
    retry.length === 0 ? { ...take, style: 'primary' } : take,
    button(ACTION.acknowledgeForm, 'Acknowledge…', problem.id),
    ...more,
  ]
}

/** A button of ours. Its value names the problem, so that an old one never acts on a newer problem. */
export function button(actionId: string, label: string, value: string): Button {
  return {
    type: 'button',
    action_id: actionId,
    text: { type: 'plain_text', text: label, emoji: false },
    value,
  }
}
