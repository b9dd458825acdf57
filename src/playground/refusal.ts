import type { JsonObject } from './json.ts'

/** Slack's no: `{"ok":false,"error":code}`. `messages` are its sentences about arguments, `extra` further fields. */
export class Refusal extends Error {
  readonly code: string
  readonly messages: string[]
  readonly extra: JsonObject

  constructor(code: string, messages: string[] = [], extra: JsonObject = {}) {
    super([code, ...messages].join(': '))
    this.name = 'Refusal'
    this.code = code
    this.messages = messages
    this.extra = extra
  }
}
