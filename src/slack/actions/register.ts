import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  StaticSelectAction,
} from '@slack/bolt'
import { privately, replyMessage, said } from '../blocks/reply.ts'
import { ACTION } from '../ids.ts'
import { actingOf, onSurface, type SurfaceParts } from '../surface.ts'
import { acknowledge } from './acknowledge.ts'
import { acknowledgeForm } from './acknowledge-form.ts'
import { acknowledgeMany } from './acknowledge-many.ts'
import { downtimeForm } from './downtime-form.ts'
import { FORM_NOT_OPENED, type Press } from './press.ts'
import { remove } from './remove.ts'
import { retry } from './retry.ts'
import { acknowledgeHost, acknowledgeListed, acknowledgeStorm, showStorm, turnPage } from './storm.ts'

const NOT_OPENED =
  'Slack did not open the form, so nothing was changed. Press the button again, or use `/ack` with a comment.'

/** @returns what became of it, for the count */
type Handler = (press: Press) => Promise<string>

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  [ACTION.acknowledge, (press) => acknowledge(press, false)],
  [ACTION.takeOver, (press) => acknowledge(press, true)],
  [ACTION.acknowledgeForm, acknowledgeForm],
  [ACTION.acknowledgeMany, acknowledgeMany],
  [ACTION.remove, remove],
  [ACTION.retry, retry],
  [ACTION.downtimeForm, downtimeForm],
  [ACTION.acknowledgeStorm, acknowledgeStorm],
  [ACTION.acknowledgeHost, acknowledgeHost],
  [ACTION.showStorm, showStorm],
  [ACTION.turnPage, turnPage],
  [ACTION.turnBack, turnPage],
  [ACTION.acknowledgeListed, acknowledgeListed],
])

/** Answers every press in a message or form, also of buttons that are not known any more. */
export function registerActions(
  app: App,
  parts: SurfaceParts,
  tell: (url: string, message: object) => Promise<void>,
): void {
  app.action(/.*/, (args) => answer(args as unknown as Args, parts, tell))
}

type Args = SlackActionMiddlewareArgs<BlockAction<ButtonAction | StaticSelectAction>> & AllMiddlewareArgs

async function answer(
  { body, action, ack, client }: Args,
  parts: SurfaceParts,
  tell: (url: string, message: object) => Promise<void>,
): Promise<void> {
  const run = HANDLERS.get(action.action_id)
  if (run === undefined) return ack()
  const replyTo = body.response_url ?? null
  await onSurface(
    parts,
    'button',
    async () => {
      const acting = await actingOf(parts, body.user.id)
      const press = {
        parts,
        acting,
        value: carriedBy(action),
        interaction: interactionOf(body, action),
        triggerId: body.trigger_id,
        replyTo,
        view: body.view === undefined ? null : { id: body.view.id, memory: body.view.private_metadata },
        isPrivate: body.container?.['is_ephemeral'] === true,
        client,
      }
      const outcome = await run(press)
      await ack()
      if (outcome === FORM_NOT_OPENED && replyTo !== null) await tell(replyTo, privately(said(NOT_OPENED)))
      return outcome
    },
    async () => {
      await ack()
      if (replyTo !== null)
        await tell(replyTo, privately(replyMessage({ what: 'refused', refusal: { why: 'unavailable' } })))
    },
  )
}

/** What a button carries, or what was chosen from a menu. */
function carriedBy(action: ButtonAction | StaticSelectAction): string {
  return action.type === 'button' ? (action.value ?? '') : action.selected_option.value
}

function interactionOf(body: BlockAction, action: ButtonAction | StaticSelectAction): string {
  return body.trigger_id ?? `${body.user.id}.${action.action_id}.${action.action_ts}`
}
