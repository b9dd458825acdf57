import type { Button, KnownBlock, MessageAttachment, RichTextBlock } from '@slack/types'
import type { Acknowledgement, HandOver } from '../../core/acknowledgement.ts'
import { cutChars, outputPreview } from '../../core/output-preview.ts'
import type { CardRef } from '../../core/ports.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import { ACTION } from '../ids.ts'
import { stateLook, stateWord } from './state.ts'
import {
  context,
  date,
  dateToken,
  duration,
  escapeText,
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
/** Labels shown, and characters of them. */
const LABELS_SHOWN = 4
const LABELS_MAX_CHARS = 150
const FIELDS_SHOWN = 4

/**
 * Draws a problem. The head stands above the colour bar, everything else beside it; the text is what a notification on a
 * phone says.
 *
 * @param now epoch ms, for how long it has lasted
 */
export function card(ref: CardRef, view: ProblemView, now: number): CardMessage {
  const shown = shownState(view)
  const words = fallback(view, shown.word)
  const blocks = [output(view), who(view), facts(ref, view, now)].filter((block) => block !== null)
  const buttons = buttonsOf(view)
  const body: KnownBlock[] =
    buttons.length === 0 ? blocks : [...blocks, { type: 'actions', elements: buttons }]
  return {
    text: escapeText(words),
    blocks: [head(ref, view, shown)],
    attachments: [{ color: shown.look.colour, fallback: escapeText(words), blocks: body }],
  }
}

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
    text(handOverWords(held, check.monitor)),
    ...(held.comment === null ? [] : [text(`\n“${cutChars(held.comment, 500)}”`, { italic: true })]),
  )
}

const HAND_OVER: Readonly<Record<HandOver, (monitor: string) => string>> = {
  requested: (monitor) => `. Sending to ${monitor} …`,
  sent: (monitor) => `. Sent to ${monitor}, which cannot be read back.`,
  confirmed: (monitor) => `. Confirmed by ${monitor}.`,
  already: (monitor) => `. ${monitor} had it acknowledged already.`,
  not_a_problem: (monitor) => `. ${monitor} has no problem there.`,
  failed: (monitor) => `. FAILED: ${monitor} did not take it.`,
  not_supported: (monitor) => `. Kept here only: ${monitor} is not told.`,
}

function handOverWords(held: Acknowledgement, monitor: string): string {
  return held.foreign ? `. Acknowledged in ${monitor}.` : HAND_OVER[held.handOver](monitor)
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
  const late =
    ref.ts === null && now - problem.opened > LATE_MS
      ? ` · delivered ${duration(now - problem.opened)} late`
      : ''
  const rest = [
    tally.count > 1 ? `${tally.count} notifications` : '',
    check.monitor,
    check.address !== null && check.address !== check.host ? check.address : '',
    check.inDowntime ? 'in downtime' : '',
    check.isFlapping ? 'flapping' : '',
    labels(check.labels),
  ]
  return context(mrkdwn(since + lasted + late), plain(rest.filter((part) => part !== '').join(' · '), 300))
}

function labels(all: Readonly<Record<string, string>> | null): string {
  if (all === null) return ''
  const shown = Object.entries(all)
    .slice(0, LABELS_SHOWN)
    .map(([label, value]) => `${label}=${value}`)
  return cutChars(shown.join(' '), LABELS_MAX_CHARS)
}

function buttonsOf({ problem }: ProblemView): Button[] {
  if (problem.closed !== null) return []
  if (problem.acknowledgement !== null) return [button(ACTION.remove, 'Remove acknowledgement', problem.id)]
  return [
    { ...button(ACTION.acknowledge, 'Acknowledge', problem.id), style: 'primary' },
    button(ACTION.acknowledgeForm, 'Acknowledge…', problem.id),
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
