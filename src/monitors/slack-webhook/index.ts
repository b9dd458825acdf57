import type { MonitorKind } from '../monitor.ts'
import { config } from './config.ts'
import { notify } from './notify.ts'
import { readBody } from './read-body.ts'

/** Whatever can post to an incoming webhook of Slack. */
export const slackWebhook: MonitorKind = {
  kind: 'slack-webhook',
  title: 'Anything that posts to Slack',
  accepted: 202,
  allOrNothing: false,
  readBody,
  notify,
  config,
  // A form may hold what else a sender posts to Slack, such as a token.
  excerpt: () => '',
  connect: () => null,
}
