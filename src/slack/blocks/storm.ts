import type { KnownBlock, PlainTextOption, RichTextBlock } from '@slack/types'
import { duration } from '../../core/duration.ts'
import { cutChars } from '../../core/output-preview.ts'
import type { CardRef } from '../../core/ports.ts'
import { checkName } from '../../core/problem.ts'
import type { ReachedHosts, StormView, Taken } from '../../core/storm.ts'
import { ACTION } from '../ids.ts'
import { button, type CardMessage, FALLBACK_MAX_CHARS } from './card.ts'
import { stateLook, stateWord } from './state.ts'
import {
  context,
  dateToken,
  escapeText,
  line,
  mention,
  mrkdwn,
  number,
  plain,
  preformatted,
  text,
} from './text.ts'
import type { LineMessage } from './thread-line.ts'

/** Characters of one line of the list of the worst: three lines on a phone, so that the buttons are in sight. */
const LINE_MAX_CHARS = 80
/** Hosts named on the card, and people. */
const HOSTS_NAMED = 5
const PEOPLE_NAMED = 4
/** Characters of an option, of its text and of its value. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
const OPTION_MAX_CHARS = 75
const NAME_MAX_CHARS = 60
/** What is shorter is over before anybody reads it, or the same time as another. */
const MINUTE_MS = 60_000

/** Draws a storm: how much of what, what is worst, where, who has how much of it, and what can be done about all of it. */
export function stormCard(ref: CardRef, storm: StormView, now: number): CardMessage {
  const words = headline(storm)
  const isOver = storm.open === 0
  const look = stateLook(isOver ? 'OK' : (storm.byState[0]?.state ?? null))
  const calls = ref.quiet || storm.untaken === 0 ? [] : ref.mention
  const head = line(
    text(isOver ? (storm.left > 0 ? '🌤️ ' : '🟢 ') : '🌩️ '),
    text(words, { bold: true }),
    ...calls.flatMap((id) => [text('  '), mention(id)]),
  )
  const body: (KnownBlock | null)[] = isOver
    ? [facts(storm, now)]
    : [counts(storm), worst(storm), hosts(storm), who(storm), facts(storm, now), actions(storm)]
  return {
    text: escapeText(cutChars(isOver ? words : `${words}${extent(storm)}`, FALLBACK_MAX_CHARS)),
    blocks: [head],
    attachments: [
      { color: look.colour, fallback: escapeText(words), blocks: body.filter((block) => block !== null) },
    ],
  }
}

/** Calls people for hosts that a storm has reached. */
export function stormLine(ref: CardRef, { named: known, count }: ReachedHosts, rings: boolean): LineMessage {
  const named = known.slice(0, HOSTS_NAMED).map(({ name }) => cutChars(name, NAME_MAX_CHARS))
  const more = count - named.length
  const sentence = `The storm has reached ${named.join(', ')}${more > 0 ? ` and ${many(more, 'host')} more` : ''}`
  const calls = rings ? ref.mention.flatMap((id) => [text(' '), mention(id)]) : []
  return {
    text: escapeText(cutChars(sentence, FALLBACK_MAX_CHARS)),
    blocks: [line(text('🔴 '), text(sentence), ...calls)],
  }
}

function headline({ open, left, untaken, all, ended, began }: StormView): string {
  if (open > 0) return `STORM  ${many(open, 'problem')} open, ${whose(open, untaken)}`
  const lasted = ended === null ? '' : ` after ${duration(ended - began)}`
  if (left === 0)
    return all === 1
      ? `STORM OVER  its problem ended${lasted}`
      : `STORM OVER  all ${many(all, 'problem')} ended${lasted}`
  const got = `got a card of ${left === 1 ? 'its' : 'their'} own`
  if (left >= all) return `STORM OVER  ${all === 1 ? 'its problem' : `all ${many(all, 'problem')}`} ${got}`
  return `STORM OVER  ${number(all - left)} of ${many(all, 'problem')} ended, ${number(left)} ${got}`
}

function whose(open: number, untaken: number): string {
  if (untaken === 0) return open === 1 ? 'taken' : 'each of them taken'
  if (untaken < open) return `nobody has ${number(untaken)}`
  return open === 1 ? 'nobody has it' : 'nobody has them'
}

/** How bad it is and how far it goes, for whoever sees no more than a lock screen. */
function extent({ byState, hostCount }: StormView): string {
  const states = byState.map(({ state, open }) => `${number(open)} ${stateWord(state)}`)
  return `. ${states.join(', ')} on ${many(hostCount, 'host')}`
}

function counts({ byState }: StormView): RichTextBlock {
  return line(
    ...byState.flatMap(({ state, open }) => [
      text(`${stateLook(state).emoji} `),
      text(`${number(open)} ${stateWord(state)}`, { bold: true }),
      text('   '),
    ]),
  )
}

function worst({ worst: views, untaken }: StormView): RichTextBlock | null {
  if (views.length === 0) return null
  const lines = views.map(({ problem, check, tally }) => {
    const [said = ''] = tally.output.split('\n', 1)
    return cutChars(
      `${stateWord(problem.state)} ${checkName(check)}${said === '' ? '' : `: ${said}`}`,
      LINE_MAX_CHARS,
    )
  })
  const hidden = untaken - views.length
  return preformatted(
    [...lines, ...(hidden > 0 ? [`… and ${number(hidden)} more that nobody has`] : [])].join('\n'),
  )
}

function hosts({ hosts: top, hostCount }: StormView): RichTextBlock {
  const named = top.slice(0, HOSTS_NAMED)
  const hidden = hostCount - named.length
  return line(
    text(`${many(hostCount, 'host')}: `),
    ...named.flatMap(({ name, open }, at) => [
      text(at === 0 ? '' : ', '),
      text(cutChars(name, NAME_MAX_CHARS), { bold: true }),
      text(` (${number(open)})`),
    ]),
    text(hidden > 0 ? ` and ${number(hidden)} more` : ''),
  )
}

function who({ taken }: StormView): RichTextBlock {
  if (taken.length === 0) return line(text('Nobody has any of it yet.'))
  const named = taken.slice(0, PEOPLE_NAMED)
  const hidden = taken.length - named.length
  return line(
    ...named.flatMap((one, at) => [
      text(at === 0 ? '' : '\n'),
      text(one.by, { bold: true }),
      text(` ${howFar(one)}`),
    ]),
    text(hidden > 0 ? `\nand ${number(hidden)} others` : ''),
  )
}

function howFar({ done, sending, failed }: Taken): string {
  const all = `has ${number(done + sending + failed)}`
  const parts = [
    sending > 0 ? `sending ${number(sending)} to the monitor …` : '',
    failed > 0 ? `❌ ${number(failed)} FAILED` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? `${all}.` : `${all}: ${number(done)} done, ${parts.join(', ')}`
}

function facts({ began, all, oldestUntaken, calm, open }: StormView, now: number) {
  if (open === 0) return context(mrkdwn(`began ${dateToken(began)}`))
  const ended = all - open
  const lasted = now - began >= MINUTE_MS ? ` (${duration(now - began)})` : ''
  const isLater = oldestUntaken !== null && oldestUntaken - began >= MINUTE_MS
  const parts = [
    `since ${dateToken(began)}${lasted}`,
    isLater ? `oldest that nobody has since ${dateToken(oldestUntaken, '{time}')}` : '',
    ended > 0 ? `${number(ended)} of ${number(all)} ended or have a card of their own` : '',
    calm === null ? 'new ones still come' : `nothing new since ${dateToken(calm, '{time}')}`,
  ]
  return context(mrkdwn(parts.filter((part) => part !== '').join(' · ')))
}

function actions({ id, hosts: top, untaken }: StormView): KnownBlock {
  const options: PlainTextOption[] = top
    .filter((host) => host.untaken > 0)
    .map((host) => ({
      text: plain(`${cutChars(host.name, 50)}  (${number(host.untaken)})`, OPTION_MAX_CHARS),
      // A host's name may be longer than a value.
      value: `${id} ${host.check}`,
    }))
  const all = { ...button(ACTION.acknowledgeStorm, 'Acknowledge all…', id), style: 'primary' } as const
  return {
    type: 'actions',
    elements: [
      ...(untaken > 0 ? [all] : []),
      ...(untaken > 0 && options.length > 0
        ? [
            {
              type: 'static_select',
              action_id: ACTION.acknowledgeHost,
              placeholder: plain('Acknowledge by host…'),
              options,
            } as const,
          ]
        : []),
      button(ACTION.showStorm, 'Show list', id),
    ],
  }
}

function many(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`
}
