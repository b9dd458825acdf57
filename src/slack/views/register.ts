import type {
  AllMiddlewareArgs,
  App,
  SlackViewMiddlewareArgs,
  ViewOutput,
  ViewResponseAction,
} from '@slack/bolt'
import { checkName } from '../../core/problem.ts'
import type { AcknowledgeResult } from '../../flows/acknowledge-problem.ts'
import type { AcknowledgeStormResult } from '../../flows/acknowledge-storm.ts'
import { heldSentence } from '../blocks/reply.ts'
import { dateToken, number } from '../blocks/text.ts'
import { parseWhen } from '../commands/when.ts'
import { BLOCK, VIEW } from '../ids.ts'
import { actingOf, onSurface, type SurfaceParts } from '../surface.ts'
import { ASSUMED_UTC, refusalSentence } from '../words.ts'
import { sentenceView, takeOverForm } from './acknowledge.ts'
import type { StormMemory } from './storm.ts'

/** What a form that was sent says; `problem` null when it is not one of ours. */
type Sent = {
  readonly problem: string | null
  readonly comment: string | null
  readonly until: string | null
  /** Null where the form offered none. */
  readonly choices: readonly string[] | null
}

/** Remembered across `Take over?`. */
type Memory = {
  readonly problem: string
  readonly comment?: string | null
  readonly until?: number | null
  readonly assumedUtc?: boolean
  readonly choices?: readonly string[]
}

/** Answers every form that is sent or closed. */
export function registerViews(app: App, parts: SurfaceParts): void {
  app.view({ callback_id: /.*/, type: 'view_submission' }, (args) => submit(args as unknown as Args, parts))
  app.view({ callback_id: /.*/, type: 'view_closed' }, async ({ ack }) => ack())
}

type Args = SlackViewMiddlewareArgs & AllMiddlewareArgs

async function submit({ body, view, ack }: Args, parts: SurfaceParts): Promise<void> {
  await onSurface(
    parts,
    'modal',
    async () => {
      if (view.callback_id === VIEW.downtime) return submitDowntime({ body, view, ack }, parts)
      if (view.callback_id === VIEW.acknowledgeStorm) return submitStorm({ body, view, ack }, parts)
      const acting = await actingOf(parts, body.user.id)
      const takeOver = view.callback_id === VIEW.takeOver
      const known = takeOver ? remembered(view) : await readForm(view, acting.person.zone, parts.clock.now())
      if ('response_action' in known) {
        await ack(known)
        return 'unclear'
      }
      const { problem, comment = null, until = null } = known
      const interaction = `${(body as { trigger_id?: string }).trigger_id ?? ''} ${view.id} ${view.hash}`
      const result = await parts.acknowledge({
        ...acting,
        problem,
        through: 'modal',
        interaction,
        comment,
        until,
        ...choicesOf(known),
        takeOver,
        replyTo: null,
      })
      const response = await responseOf(result, known, parts, acting)
      await (response === null ? ack() : ack(response))
      return result.kind
    },
    async () => {
      await ack({ response_action: 'update', view: sentenceView(refusalSentence({ why: 'unavailable' })) })
    },
  )
}

async function submitDowntime(
  { body, view, ack }: Pick<Args, 'body' | 'view' | 'ack'>,
  parts: SurfaceParts,
): Promise<string> {
  const acting = await actingOf(parts, body.user.id)
  const known = await readForm(view, acting.person.zone, parts.clock.now())
  if ('response_action' in known) {
    await ack(known)
    return 'unclear'
  }
  const { problem, comment = null, until = null } = known
  const looked = await parts.lookUp(acting, 'modal', (queries) => queries.problem(problem), {
    action: 'downtime',
    problem,
  })
  const about = looked.kind === 'seen' ? looked.answer : null
  const result =
    looked.kind === 'refused'
      ? ({ kind: 'refused', refusal: looked.refusal } as const)
      : about === null || until === null
        ? ({ kind: 'refused', refusal: { why: 'problem-unknown' } } as const)
        : await parts.downtime.set({
            ...acting,
            check: about.check,
            through: 'modal',
            interaction: `${(body as { trigger_id?: string }).trigger_id ?? ''} ${view.id} ${view.hash}`,
            until,
            comment,
          })
  const answer =
    result.kind === 'refused'
      ? sentenceView(refusalSentence(result.refusal), 'Downtime')
      : known.assumedUtc && until !== null
        ? sentenceView(`Downtime until ${dateToken(until)}. ${ASSUMED_UTC}`, 'Downtime')
        : null
  await (answer === null ? ack() : ack({ response_action: 'update', view: answer }))
  return result.kind
}

async function submitStorm(
  { body, view, ack }: Pick<Args, 'body' | 'view' | 'ack'>,
  parts: SurfaceParts,
): Promise<string> {
  const acting = await actingOf(parts, body.user.id)
  const known = await readForm(view, acting.person.zone, parts.clock.now())
  if ('response_action' in known) {
    await ack(known)
    return 'unclear'
  }
  const { comment = null, until = null } = known
  const memory = JSON.parse(view.private_metadata) as StormMemory
  // Forms that are open over an upgrade remember less.
  const { storm, monitor, host, untaken = 0, replyTo = null } = memory
  const result = await parts.acknowledgeStorm({
    ...acting,
    storm,
    monitor,
    host,
    comment,
    until,
    // Each press of the form's button has a trigger of its own, but one form is sent once.
    interaction: `storm ${view.id} ${view.hash}`,
    replyTo,
  })
  await ack({
    response_action: 'update',
    view: sentenceView(stormAnswer(result, known, untaken), 'Acknowledge all'),
  })
  return result.kind
}

const BY_NOW = 'the others are taken, over, or have a card of their own by now'

/** @param asked problems that the form said it was about */
function stormAnswer(result: AcknowledgeStormResult, { until, assumedUtc }: Memory, asked: number): string {
  switch (result.kind) {
    case 'refused':
      return refusalSentence(result.refusal)
    case 'nothing':
      return 'Nothing was left to take: each is taken, over, or has a card of its own by now.'
    case 'repeated':
      return 'You are taking them already. The card of the storm says how far it got.'
    case 'begun': {
      const end = until == null ? '' : `, until ${dateToken(until)}`
      const zone = assumedUtc && until != null ? ` ${ASSUMED_UTC}` : ''
      const fewer = asked > result.count ? `, of ${number(asked)}: ${BY_NOW}` : ''
      return `You are taking *${number(result.count)}*${end}${fewer}.${zone} The card of the storm says how many you have, how many the monitors confirmed, and what failed. What cannot be yours is told to you privately.`
    }
  }
}

/** What was chosen for the monitor; the safe choice where nothing was offered. */
function choicesOf({ choices = ['sticky'] }: Memory): {
  sticky: boolean
  persistent: boolean
  notify: boolean
} {
  return {
    sticky: choices.includes('sticky'),
    persistent: choices.includes('persistent'),
    notify: choices.includes('notify'),
  }
}

function remembered(view: ViewOutput): Memory {
  return JSON.parse(view.private_metadata) as Memory
}

async function readForm(
  view: ViewOutput,
  zone: string | null,
  now: number,
): Promise<Memory | ViewResponseAction> {
  const sent = fieldsOf(view)
  if (sent.problem === null)
    return { response_action: 'errors', errors: { [BLOCK.problem]: 'Choose a problem.' } }
  const { problem, comment, choices } = sent
  const memory = { problem, comment, ...(choices === null ? {} : { choices }) }
  if (sent.until === null) return { ...memory, until: null }
  const when = await parseEnd(sent.until, zone, now)
  if (when === null) {
    return {
      response_action: 'errors',
      errors: { [BLOCK.until]: 'Not understood as a time. Try 14:00, tomorrow 9:00 or 2h.' },
    }
  }
  if (when.at <= now)
    return { response_action: 'errors', errors: { [BLOCK.until]: 'That time is over already.' } }
  return { ...memory, until: when.at, assumedUtc: when.assumedUtc }
}

/** Reads an end that may come without its word: first as a span, then as a time. */
async function parseEnd(text: string, zone: string | null, now: number) {
  const readings = /^(for|until)\s/i.test(text) ? [text] : [`for ${text}`, `until ${text}`]
  for (const reading of readings) {
    const when = await parseWhen(reading, zone, now)
    if (when.kind === 'until' && when.rest === '') return when
  }
  return null
}

function fieldsOf(view: ViewOutput): Sent {
  const value = (id: string) => view.state.values[id]?.[id]
  const own = value(BLOCK.until)?.value?.trim() ?? ''
  const chosen = value(BLOCK.duration)?.selected_option?.value ?? 'none'
  // A time typed by hand wins; it may come with or without its word.
  const until = own === '' ? (chosen === 'none' ? null : chosen) : own
  const problem =
    view.callback_id === VIEW.pick
      ? (value(BLOCK.problem)?.selected_option?.value ?? null)
      : ((JSON.parse(view.private_metadata || '{}') as Partial<Memory>).problem ?? null)
  const chosenOptions = value(BLOCK.options)?.selected_options
  return {
    problem,
    comment: value(BLOCK.comment)?.value?.trim() || null,
    until,
    choices: chosenOptions === undefined ? null : chosenOptions.map((option) => option.value ?? ''),
  }
}

async function responseOf(
  result: AcknowledgeResult,
  known: Memory,
  parts: SurfaceParts,
  acting: Awaited<ReturnType<typeof actingOf>>,
): Promise<ViewResponseAction | null> {
  if (result.kind === 'refused')
    return { response_action: 'update', view: sentenceView(refusalSentence(result.refusal)) }
  if (result.kind === 'acknowledged' && known.assumedUtc && known.until)
    return {
      response_action: 'update',
      view: sentenceView(`You have it, until ${dateToken(known.until)}. ${ASSUMED_UTC}`),
    }
  if (result.kind !== 'held') return null
  const looked = await parts.lookUp(acting, 'modal', (queries) => queries.problem(known.problem))
  const check = looked.kind === 'seen' ? looked.answer?.check : undefined
  const { by, at, comment, until } = result.acknowledgement
  const name = check === undefined ? 'this problem' : checkName(check)
  const sentence = heldSentence({ name, by, since: at, comment, until })
  return { response_action: 'update', view: takeOverForm(sentence, JSON.stringify(known)) }
}
