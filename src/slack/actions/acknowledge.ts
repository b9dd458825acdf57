import { decodeMany } from '../ids.ts'
import type { Press } from './press.ts'

/** `Acknowledge`, and `Take over` where somebody else has it, with what was typed before. */
export async function acknowledge(press: Press, takeOver: boolean): Promise<string> {
  const { parts, acting, value, interaction, replyTo, isPrivate } = press
  const typed = decodeMany(value)
  const { kind } = await parts.acknowledge({
    ...acting,
    problem: typed?.problems[0] ?? value,
    through: 'button',
    interaction,
    comment: typed?.comment ?? null,
    until: typed?.until ?? null,
    sticky: true,
    persistent: false,
    notify: false,
    takeOver,
    replyTo,
    confirm: isPrivate,
  })
  return kind
}
