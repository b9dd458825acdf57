import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { countOf, textOf } from './arguments.ts'
import type { Method } from './method.ts'
import { pageOf } from './page.ts'
import { userForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/users.list */
export const usersList: Method = {
  scopes: ['users:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const page = pageOf(
      [...workspace.users.values()],
      countOf(args, 'limit', 200, 1000),
      textOf(args, 'cursor'),
    )
    return {
      members: page.items.map((user) => userForApp(user, workspace.now())),
      cache_ts: Math.floor(workspace.now() / 1000),
      response_metadata: { next_cursor: page.nextCursor },
    }
  },
}
