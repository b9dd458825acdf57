/*
 * What an app may do with a response_url: answer the person, answer the channel, replace or delete the message the
 * interaction came from. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hook } from '../hooks.ts'
import { isObject, type JsonObject, parseJson } from '../json.ts'
import { readBody } from '../read-body.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { flagOf, textOf } from '../web-api/arguments.ts'
import { type Content, isEmpty, readContent } from '../web-api/content.ts'
import { type ApiAnswer, type ApiDesk, answerWithFaults, refused } from '../web-api/handle-call.ts'
import type { Call } from '../workspace.ts'

/** Answers a request to `/hooks/…`. Recorded in the calls as `response_url`. */
export async function handleResponseUrl(
  desk: ApiDesk,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = parseJson((await readBody(request)) ?? '')
  const args = isObject(body) ? body : {}
  const call: Call = { method: 'response_url', args, at: desk.site.workspace.now(), ok: false }
  desk.site.workspace.record(call)
  answerWithFaults(desk, call, response, () => answer(desk.site, path, body, call))
}

function answer(site: Site, path: string, body: unknown, call: Call): ApiAnswer {
  try {
    const hook = site.hooks.useHook(path)
    if (!isObject(body)) throw new Refusal('invalid_payload')
    respond(site, hook, body)
    call.ok = true
    return { status: 200, headers: {}, body: { ok: true } }
  } catch (error) {
    const answered = refused(error, call, {})
    const isGone = ['invalid_url', 'expired_url', 'used_url'].includes(call.error ?? '')
    return { ...answered, status: isGone ? 404 : 400 }
  }
}

/**
 * Carries out a message response; also used for what an app answers to a command.
 *
 * @throws Refusal when the message is not one Slack would take
 */
export function respond({ workspace }: Site, hook: Hook, body: JsonObject): void {
  const { source } = hook
  if (flagOf(body, 'delete_original')) {
    if (source?.isEphemeral) workspace.deleteEphemeral(source.ts)
    else if (source) workspace.deleteMessage(hook.channel, source.ts)
    return
  }
  const content = readContent(body)
  if (isEmpty(content)) throw new Refusal('no_text')
  if (flagOf(body, 'replace_original') && source) {
    replace({ workspace }, hook, source, content)
    return
  }
  const shared = {
    channel: hook.channel,
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
  }
  const threadTs = textOf(body, 'thread_ts') ?? hook.threadTs
  const thread = threadTs === undefined ? {} : { threadTs }
  if (textOf(body, 'response_type') !== 'in_channel') {
    workspace.postEphemeral({ ...shared, ...thread, user: hook.user, isFromSlack: false })
    return
  }
  const { botUserId, botId } = workspace.identity
  workspace.post({ ...shared, ...thread, user: botUserId, botId, isBroadcast: false })
}

function replace(
  { workspace }: Pick<Site, 'workspace'>,
  hook: Hook,
  source: { ts: string; isEphemeral: boolean },
  content: Content,
): void {
  const change = {
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
  }
  const ephemeral = source.isEphemeral ? workspace.ephemeral(source.ts) : undefined
  const message = source.isEphemeral ? undefined : workspace.message(hook.channel, source.ts)
  if (ephemeral) workspace.updateEphemeral(ephemeral, change)
  else if (message && !message.isTombstone) workspace.update(message, change)
  else throw new Refusal('message_not_found')
}
