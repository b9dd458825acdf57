import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { flagOf, requiredText } from './arguments.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/usergroups.users.list */
export const usergroupsUsersList: Method = {
  scopes: ['usergroups:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const id = requiredText(args, 'usergroup')
    const group = workspace.userGroups.find((one) => one.id === id)
    if (!group) throw new Refusal('no_such_subteam')
    if (group.isDisabled && !flagOf(args, 'include_disabled')) throw new Refusal('subteam_disabled')
    return { users: group.users }
  },
}
