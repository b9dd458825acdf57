import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { flagOf } from './arguments.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/usergroups.list */
export const usergroupsList: Method = { scopes: ['usergroups:read'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const shown = workspace.userGroups.filter((group) => !group.isDisabled || flagOf(args, 'include_disabled'))
  const usergroups = shown.map((group) => ({
    id: group.id,
    team_id: workspace.identity.teamId,
    is_usergroup: true,
    is_external: false,
    name: group.name,
    handle: group.handle,
    description: '',
    date_create: 0,
    date_update: 0,
    date_delete: group.isDisabled ? 1 : 0,
    auto_type: null,
    prefs: { channels: [], groups: [] },
    ...(flagOf(args, 'include_users') ? { users: group.users } : {}),
    user_count: group.users.length,
  }))
  return { usergroups }
}
