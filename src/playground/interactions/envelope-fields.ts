/* Fields that every interaction carries. */
import type { JsonObject } from '../json.ts'
import type { Workspace } from '../workspace.ts'

/** The verification token of old; Slack still sends it and nobody may rely on it. */
export const verificationToken = 'legacy-verification-token'

/** @throws Error when there is no such person */
export function commonFields(workspace: Workspace, userId: string): JsonObject {
  const { teamId, teamDomain, appId } = workspace.identity
  const user = workspace.users.get(userId)
  if (!user) throw new Error(`no such person: ${userId}`)
  return {
    team: { id: teamId, domain: teamDomain },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    api_app_id: appId,
    token: verificationToken,
    enterprise: null,
    is_enterprise_install: false,
  }
}

/** Slack names private channels and direct messages by their sort. */
export function channelName(workspace: Workspace, id: string): string {
  const channel = workspace.channels.get(id)
  if (channel?.isIm) return 'directmessage'
  return channel?.isPrivate ? 'privategroup' : (channel?.name ?? '')
}
