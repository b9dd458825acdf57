import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import type { Method } from './method.ts'
import { userForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/users.info */
export const usersInfo: Method = {
  scopes: ['users:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const user = workspace.users.get(requiredText(args, 'user'))
    if (!user) throw new Refusal('user_not_found')
    return { user: userForApp(user, workspace.now()) }
  },
}
