/*
 * Addresses may carry a user, a password, or a token in their path or query; names tell where a credential stands.
 */

const ADDRESS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>\\]+/gi
/** What ends a sentence or a bracket around an address is none of it. */
const BEHIND = /[)\]},.;:]+$/
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi
const CREDENTIAL =
  /^(ping|update|pause|resume|badge)_url$|^(uuid|unique_key|code|response|headers?|body|cookies?)$|pass|secret|token|authoriz|credential|api_?key/i
/** The same in a text that cannot be taken apart. */
const CREDENTIAL_IN_TEXT =
  /(ping|update|pause|resume|badge)_url|uuid|unique_key|response|header|body|cookie|pass|secret|token|authoriz|credential|api_?key/i
const DEPTH_MAX = 12
/** Characters of a text that is shown: more than is kept, so that no address is cut through in what is. */
const SHOWN_MAX_CHARS = 32 * 1024

/** @returns an address without user, password, query and fragment; null when it is none with a host */
export function plainAddress(address: string): URL | null {
  if (!/^[a-z][a-z0-9+.-]*:\/\/./i.test(address) || !URL.canParse(address)) return null
  const url = new URL(address)
  url.username = url.password = url.search = url.hash = ''
  return url
}

/** @returns a text, cut where nobody reads on, whose addresses have no user, password, query and fragment */
export function withoutUserInfo(text: string): string {
  return replaceAddresses(text.slice(0, SHOWN_MAX_CHARS), (url) => url?.href ?? '…')
}

/** @returns a copy of JSON without what may be a credential: by its name, in an address, or as a UUID */
export function withoutCredentials(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return masked(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.map((one) => withoutCredentials(one, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !CREDENTIAL.test(name))
      .map(([name, one]) => [masked(name), withoutCredentials(one, depth + 1)]),
  )
}

/** @returns a text that is no JSON in the same way; nothing of it where something in it is called like a credential */
export function textWithoutCredentials(text: string): string {
  return CREDENTIAL_IN_TEXT.test(text) ? '(not kept: it may hold a credential)' : masked(text)
}

function masked(text: string): string {
  return replaceAddresses(text, (url) => `${url?.host ?? ''}/…`).replace(UUID, '…')
}

function replaceAddresses(text: string, by: (url: URL | null) => string): string {
  return text.replace(ADDRESS, (found) => {
    const [behind = ''] = BEHIND.exec(found.slice(-20)) ?? []
    return by(plainAddress(found.slice(0, found.length - behind.length))) + behind
  })
}
