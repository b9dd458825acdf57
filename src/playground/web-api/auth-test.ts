import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/auth.test */
export const authTest: Method = {
  scopes: [],
  token: 'bot',
  run({ workspace, origin }: Site): JsonObject {
    const { teamId, teamName, botUserId, botId } = workspace.identity
    const user = workspace.users.get(botUserId)?.name ?? ''
    return {
      url: `${origin}/`,
      team: teamName,
      user,
      team_id: teamId,
      user_id: botUserId,
      bot_id: botId,
      is_enterprise_install: false,
    }
  },
}
