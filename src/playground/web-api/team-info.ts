import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/team.info */
export const teamInfo: Method = {
  scopes: ['team:read'],
  token: 'bot',
  run({ workspace, origin }: Site): JsonObject {
    const { teamId, teamName, teamDomain } = workspace.identity
    const icon = { image_default: true, image_34: '', image_44: '', image_68: '' }
    const team = { id: teamId, name: teamName, url: `${origin}/`, domain: teamDomain, email_domain: '', icon }
    return { team }
  },
}
