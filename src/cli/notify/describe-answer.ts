import type { Settings } from './read-settings.ts'
import type { SendResult } from './send-body.ts'

/** How much of the server's own words is quoted, characters. */
const quoteMaxChars = 200

/**
 * Says in half a sentence what the server did and, where something can be done about it, what.
 *
 * @param monitor the monitor the notification was for
 */
export function describeAnswer(
  result: SendResult,
  settings: Pick<Settings, 'key'> & { readonly url: URL },
  monitor: string,
): string {
  const server = settings.url.href.replace(/\/$/, '')
  if (result.kind === 'away') {
    return result.code === 'ETIMEDOUT'
      ? `${server} does not answer in time`
      : `${server} cannot be reached (${result.code})`
  }
  const status = result.status
  switch (status) {
    case 401:
      return settings.key === undefined
        ? `${server} asks for a key (401) and none is set; set ACKBRIDGE_NOTIFY_KEY or --key-file`
        : `${server} does not know the key (401); see ACKBRIDGE_NOTIFY_KEY or --key-file`
    case 403:
      return `${server} does not let this key send for the monitor "${monitor}" (403)`
    case 404:
      return `${server} has no monitor "${monitor}" (404); see --url and --monitor`
    case 405:
      return `${server} takes no notifications at this address (405); see --url`
    case 400:
    case 413:
    case 415:
      return `${server} cannot use the notification (${status}${quote(result.text)})`
    default:
      return status >= 300 && status < 400
        ? `${server} redirects to another address (${status}), which is not followed; set --url to the final one`
        : `${server} answers ${status}${quote(result.text)}`
  }
}

/** Says where the notification is now; undefined: nowhere. */
export function describeKept(folder: string | undefined): string {
  return folder === undefined
    ? 'the notification is not kept (a folder for such is set with --spool)'
    : `the notification is kept in ${folder}`
}

function quote(text: string): string {
  const words = text.trim().slice(0, quoteMaxChars)
  return words === '' ? '' : `: ${words}`
}
