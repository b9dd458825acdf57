import type { ServerResponse } from 'node:http'
import type { Queries } from '../core/ports.ts'
import { type HttpRefusal, sendRefusal } from './answer.ts'

/** Leads whoever has a problem's id to its card. */
export type CardRoute = (response: ServerResponse, id: string) => void

const UNKNOWN: HttpRefusal = {
  status: 404,
  error: 'not_found',
  message: 'No problem of that id is known.',
}
const NOT_POSTED: HttpRefusal = {
  status: 404,
  error: 'not_found',
  message: 'The card of this problem is not in Slack yet. Try again in a moment.',
}

/**
 * Redirects to the card in Slack, which lets in who may see it. The id is all it takes, because a link in a monitor cannot
 * carry a key, and all it gives away is where the card is. Where there are several cards it is the oldest.
 *
 * The address is what chat.getPermalink answers: https://docs.slack.dev/reference/methods/chat.getPermalink
 *
 * @param workspace where the workspace is, with a slash at its end; null while Slack has not said
 */
export function createCardRoute(queries: Pick<Queries, 'cardOf'>, workspace: () => string | null): CardRoute {
  return (response, id) => {
    const card = queries.cardOf(id)
    if (card === null) return sendRefusal(response, UNKNOWN)
    const url = workspace()
    if (card.ts === null || url === null) return sendRefusal(response, NOT_POSTED)
    const location = `${url}archives/${card.channel}/p${card.ts.replace('.', '')}`
    response.writeHead(302, { Location: location, 'Cache-Control': 'no-store', 'Content-Length': 0 })
    response.end()
  }
}
