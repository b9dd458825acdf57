import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/apps.connections.open */
export const appsConnectionsOpen: Method = {
  scopes: [],
  token: 'app',
  run(site: Site): JsonObject {
    return { url: site.newSocketUrl() }
  },
}
