import type { Press } from './press.ts'

/** `Retry`: what could not be handed to the monitor is tried again at once. */
export async function retry({ parts, acting, value, interaction, replyTo }: Press): Promise<string> {
  const { kind } = await parts.retry({ ...acting, problem: value, through: 'button', interaction, replyTo })
  return kind
}
