import { decodeMany } from '../ids.ts'
import type { Press } from './press.ts'

/** `Acknowledge all …`, and a choice from a list that carries a comment or an end. */
export async function acknowledgeMany(press: Press): Promise<string> {
  const { parts, acting, value, interaction, replyTo } = press
  const many = decodeMany(value)
  const [problem, ...others] = many?.problems ?? []
  if (many === null || problem === undefined) return 'unknown'
  const { comment, until } = many
  const { kind } = await parts.acknowledge({
    ...acting,
    problem,
    others,
    through: 'button',
    interaction,
    comment,
    until,
    sticky: true,
    persistent: false,
    notify: false,
    takeOver: false,
    replyTo,
    confirm: true,
  })
  return kind
}
