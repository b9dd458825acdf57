import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'

/** One method of the Web API. */
export type Method = {
  /** Any one of these scopes permits the call; none: no scope is needed. */
  scopes: string[]
  /** Which token the method takes; `none` needs no token. */
  token: 'bot' | 'app' | 'none'
  /**
   * @returns the answer without `ok`
   * @throws Refusal with Slack's error word
   */
  run(site: Site, args: JsonObject): JsonObject
}
