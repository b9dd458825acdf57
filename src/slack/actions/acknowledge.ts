import type { Press } from './register.ts'

/** `Acknowledge`, and `Take over` where somebody else has it. */
export async function acknowledge(press: Press, takeOver: boolean): Promise<string> {
  const { parts, acting, value, interaction, replyTo } = press
  const { kind } = await parts.acknowledge({
    ...acting,
    problem: value,
    through: 'button',
    interaction,
    comment: null,
    until: null,
    sticky: true,
    persistent: false,
    notify: false,
    takeOver,
    replyTo,
  })
  return kind
}
