import { said } from '../blocks/reply.ts'
import { type CommandAnswer, type CommandInput, refused } from './ack.ts'
import { problems } from './problems.ts'

/** `/ackbridge [help|status|…]`. */
export async function ackbridge(input: CommandInput): Promise<CommandAnswer> {
  const [word = '', ...rest] = input.text.split(/\s+/)
  if (/^(status|problems)$/i.test(word)) return problems({ ...input, text: rest.join(' ') })
  const { parts, acting } = input
  const looked = await parts.lookUp(acting, 'command', () => null)
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const isKnown = /^(help)?$/i.test(word)
  return { message: said(helpText(parts.commandPrefix, !isKnown)), outcome: 'help' }
}

function helpText(prefix: string, isUnknown: boolean): string {
  const p = `/${prefix}`
  const lines = [
    `\`${p}ack HOST [SERVICE] [for 2h | until tomorrow 9:00] [comment]\` takes a problem. \`*\` matches anything; alone, it opens a form.`,
    `\`${p}unack HOST [SERVICE]\` removes the acknowledgement; alone, it lists what you have.`,
    `\`${p}downtime HOST [SERVICE] for 2h [comment]\` sets a downtime in the monitor; \`${p}downtime HOST [SERVICE] remove\` ends it.`,
    `\`${p}problems [HOST] [unacked | critical | warning | down | mine | acked]\` shows what is open; \`/status\` does the same where it is installed.`,
    `\`${p}history HOST [SERVICE]\` shows what happened.`,
    'Names with blanks work with and without quotes. Several monitors with the same host: `MONITOR/HOST`.',
  ]
  return [...(isUnknown ? ['That word is not known here. These are:'] : []), ...lines].join('\n')
}
