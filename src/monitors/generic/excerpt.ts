import type { RawRequest } from '../monitor.ts'
import { textWithoutCredentials, withoutCredentials } from './without-credentials.ts'

/** @returns what may be kept of a body that was not understood; some senders put credentials into each. Never throws */
export function excerpt({ bytes }: RawRequest): string {
  const text = bytes.toString('utf8')
  try {
    return JSON.stringify(withoutCredentials(JSON.parse(text)))
  } catch {
    return textWithoutCredentials(decoded(text))
  }
}

/** As it stands in a form, or as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
