/* Events API: something happened in the workspace that the app subscribed to. */
import type { JsonObject } from '../json.ts'
import { viewForApp } from '../views.ts'
import { newId } from '../workspace.ts'
import type { Stage } from './block-actions.ts'
import { verificationToken } from './envelope-fields.ts'
import type { Answer } from './post-office.ts'

/** How an event is delivered: a repeat carries the same id and says which attempt it is. */
export type EventDelivery = { eventId?: string; retry?: { attempt: number; reason: string } }

/** Sends one event as an event_callback. Slack's own repeats (at once, 1 min, 5 min) are left to the caller. */
export function sendEvent(stage: Stage, event: JsonObject, delivery: EventDelivery = {}): Promise<Answer> {
  const { workspace } = stage.site
  const { teamId, appId, botUserId } = workspace.identity
  const at = workspace.now() / 1000
  const authorization = {
    enterprise_id: null,
    team_id: teamId,
    user_id: botUserId,
    is_bot: true,
    is_enterprise_install: false,
  }
  const payload: JsonObject = {
    token: verificationToken,
    team_id: teamId,
    context_team_id: teamId,
    context_enterprise_id: null,
    api_app_id: appId,
    event: { event_ts: at.toFixed(6), ...event },
    type: 'event_callback',
    event_id: delivery.eventId ?? newId('Ev'),
    event_time: Math.floor(at),
    authorizations: [authorization],
    is_ext_shared_channel: false,
  }
  const retry = delivery.retry ? { retry: delivery.retry } : {}
  return stage.office.send({ type: 'events_api', payload, ...retry })
}

/** The person opens the app's Home tab. */
export function sendHomeOpened(stage: Stage, user: string): Promise<Answer> {
  const { workspace } = stage.site
  const home = workspace.home(user)
  return sendEvent(stage, {
    type: 'app_home_opened',
    user,
    channel: workspace.openIm(user).id,
    tab: 'home',
    ...(home ? { view: viewForApp(workspace, home) } : {}),
  })
}
