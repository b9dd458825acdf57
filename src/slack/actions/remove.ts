import type { Press } from './press.ts'

/** `Remove acknowledgement`. */
export async function remove({ parts, acting, value, interaction, replyTo }: Press): Promise<string> {
  const { kind } = await parts.remove({ ...acting, problem: value, through: 'button', interaction, replyTo })
  return kind
}
