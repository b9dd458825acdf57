import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { textOf } from './arguments.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/api.test */
export const apiTest: Method = {
  scopes: [],
  token: 'none',
  run(_site: Site, args: JsonObject): JsonObject {
    const error = textOf(args, 'error')
    if (error) throw new Refusal(error, [], { args })
    return Object.keys(args).length > 0 ? { args } : {}
  },
}
