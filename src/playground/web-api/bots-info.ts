import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { textOf } from './arguments.ts'
import type { Method } from './method.ts'
import { botProfile } from './shape.ts'

/** https://docs.slack.dev/reference/methods/bots.info */
export const botsInfo: Method = {
  scopes: ['users:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const id = textOf(args, 'bot')
    if (id !== undefined && id !== workspace.identity.botId) throw new Refusal('bot_not_found')
    return id === undefined ? {} : { bot: botProfile(workspace) }
  },
}
