import type { Lane, Outbox } from '../core/ports.ts'
import { CHANNELS_TOLD, REASONS_TOLD } from './limits.ts'

/**
 * Says in sentences what people should know of delivery: what could not be delivered, and which channels take nothing.
 *
 * @param refused channels, with Slack's word for why
 */
export function deliveryTrouble(
  outbox: Pick<Outbox, 'depth' | 'parked'>,
  refused: ReadonlyMap<Lane, string>,
): readonly string[] {
  const { parked } = outbox.depth()
  const channels = [...refused].slice(0, CHANNELS_TOLD).map(([channel, why]) => `${channel} (${why})`)
  const more = refused.size > CHANNELS_TOLD ? ` and ${refused.size - CHANNELS_TOLD} more` : ''
  return [
    ...(parked === 0 ? [] : [parkedWords(outbox, parked)]),
    ...(channels.length === 0
      ? []
      : [
          `Slack takes no messages for ${channels.join(', ')}${more}: what belongs there is shown in the default channel, where there is one that works.`,
        ]),
  ]
}

function parkedWords(outbox: Pick<Outbox, 'parked'>, parked: number): string {
  const reasons = outbox
    .parked(REASONS_TOLD)
    .map(({ lane, error, count }) => `${count} × ${error ?? 'unknown'} in ${lane}`)
  return `${parked} ${parked === 1 ? 'message' : 'messages'} could not be delivered: ${reasons.join(', ')}. The operator sees them with \`ackbridge outbox list\`.`
}
