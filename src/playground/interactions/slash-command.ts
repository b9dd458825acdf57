/* A person types a slash command, and what becomes of the app's answer. */
import { isObject, type JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Stage } from './block-actions.ts'
import { channelName, verificationToken } from './envelope-fields.ts'
import type { Answer } from './post-office.ts'
import { respond } from './response-url.ts'

/**
 * Sends a command. What the app answers at once appears in the channel, to the person alone unless it says
 * `in_channel`; no answer in three seconds appears as Slack's own sentence.
 *
 * @param line the command and its text, such as `/ack web01 HTTP`
 * @param channel id of the channel in which it is typed
 * @throws Error when the line is no command, or the person or the channel does not exist
 */
export async function sendCommand(
  stage: Stage,
  user: string,
  line: string,
  channel: string,
): Promise<Answer> {
  const { workspace, hooks, origin } = stage.site
  const match = /^(\/\S+)\s*([\s\S]*)$/u.exec(line.trim())
  const person = workspace.users.get(user)
  if (!match || !person) throw new Error(`not a command: ${line}`)
  if (!workspace.channels.has(channel)) throw new Error(`no such channel: ${channel}`)
  const command = match[1] ?? ''
  const { teamId, teamDomain, appId } = workspace.identity
  const hook = { user, channel }
  const hookPath = hooks.newHook('commands', teamId, hook)
  const triggerId = hooks.newTrigger(user)
  const payload: JsonObject = {
    token: verificationToken,
    team_id: teamId,
    team_domain: teamDomain,
    channel_id: channel,
    channel_name: channelName(workspace, channel),
    user_id: user,
    user_name: person.name,
    command,
    text: match[2] ?? '',
    api_app_id: appId,
    is_enterprise_install: 'false',
    response_url: origin + hookPath,
    trigger_id: triggerId,
  }
  const answer = await stage.office.send({ type: 'slash_commands', payload })
  show(stage, command, user, channel, answer)
  return { ...answer, triggerId, responseUrl: origin + hookPath }
}

function show(stage: Stage, command: string, user: string, channel: string, answer: Answer): void {
  try {
    if (answer.status < 200 || answer.status > 299)
      throw new Refusal(answer.error ?? serviceError(answer.status))
    if (answer.body === '' || answer.body === null) return
    const body: JsonObject = isObject(answer.body) ? answer.body : { text: String(answer.body) }
    if (isObject(answer.body) && Object.keys(body).length === 0) return
    respond(stage.site, { user, channel, uses: 0, expiresAt: 0 }, body)
  } catch (error) {
    answer.error = error instanceof Refusal ? error.code : 'internal_error'
    stage.site.workspace.postEphemeral({
      channel,
      user,
      text: `${command} failed with the error "${answer.error}"`,
      blocks: [],
      attachments: [],
      isFromSlack: true,
    })
  }
}

function serviceError(status: number): string {
  return status >= 500 ? 'http_service_error' : 'http_client_error'
}
