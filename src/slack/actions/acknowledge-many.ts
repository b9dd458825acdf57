import { decodeMany } from '../ids.ts'
import type { Press } from './register.ts'

/** `Acknowledge all …`, and a choice from a list that carries a comment or an end. Each problem is decided by itself. */
export async function acknowledgeMany(press: Press): Promise<string> {
  const { parts, acting, value, interaction, replyTo } = press
  const many = decodeMany(value)
  if (many === null) return 'unknown'
  const { comment, until } = many
  const single = many.problems.length === 1
  await Promise.all(
    many.problems.map((problem) =>
      parts.acknowledge({
        ...acting,
        problem,
        through: 'button',
        interaction: `${interaction} ${problem}`,
        comment,
        until,
        sticky: true,
        persistent: false,
        notify: false,
        takeOver: false,
        // One refusal is enough for many problems.
        replyTo: single || problem === many.problems[0] ? replyTo : null,
      }),
    ),
  )
  return 'acknowledged'
}
