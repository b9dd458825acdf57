import type { Notification } from '../../src/core/notification.ts'

/** What a notification says nothing of. */
export const UNSAID = {
  episode: null,
  hostDisplayName: null,
  serviceDisplayName: null,
  address: null,
  longOutput: null,
  author: null,
  comment: null,
  time: null,
  url: null,
  id: null,
  labels: null,
  fields: null,
  channel: null,
} as const satisfies Partial<Notification>
