import type { AllMiddlewareArgs, App, SlackCommandMiddlewareArgs } from '@slack/bolt'
import { privately, said } from '../blocks/reply.ts'
import { inert } from '../blocks/text.ts'
import { actingOf, onSurface, type SurfaceParts } from '../surface.ts'
import { refusalSentence } from '../words.ts'
import { ack, type CommandAnswer, type CommandInput } from './ack.ts'
import { ackbridge } from './ackbridge.ts'
import { downtime } from './downtime.ts'
import { history } from './history.ts'
import { problems } from './problems.ts'
import { unack } from './unack.ts'

/** Our commands, without a prefix. `/status` is answered wherever it arrives, though the manifest may not declare it. */
const COMMANDS: ReadonlyMap<string, (input: CommandInput) => Promise<CommandAnswer>> = new Map([
  ['ack', ack],
  ['unack', unack],
  ['problems', problems],
  ['status', problems],
  ['history', history],
  ['downtime', downtime],
  ['ackbridge', ackbridge],
])

/** Answers every command that Slack sends us, known or not. */
export function registerCommands(app: App, parts: SurfaceParts): void {
  app.command(/.*/, (args) => answer(args, parts))
}

async function answer(
  { command, ack: acknowledge, client }: SlackCommandMiddlewareArgs & AllMiddlewareArgs,
  parts: SurfaceParts,
): Promise<void> {
  const name = command.command.slice(1)
  const known = name.startsWith(parts.commandPrefix) ? name.slice(parts.commandPrefix.length) : name
  const run = COMMANDS.get(known) ?? COMMANDS.get(name)
  const tell = (message: CommandAnswer['message']): Promise<void> =>
    message === null ? acknowledge() : acknowledge(privately(message))
  if (run === undefined)
    return tell(
      said(
        `\`${inert(command.command.slice(0, 40))}\` is not one of ackbridge’s commands. \`/${parts.commandPrefix}ackbridge help\` lists them.`,
      ),
    )
  await onSurface(
    parts,
    'command',
    async () => {
      const acting = await actingOf(parts, command.user_id)
      const text = unescapeText(command.text ?? '').trim()
      const { message, outcome } = await run({
        parts,
        acting,
        text,
        interaction: command.trigger_id,
        triggerId: command.trigger_id,
        client,
      })
      await tell(message)
      return outcome
    },
    () => tell(said(refusalSentence({ why: 'unavailable' }))),
  )
}

/** Slack escapes these three in what people type. */
function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
