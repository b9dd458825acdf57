/** Characters of an address; Slack takes no longer ones. */
const URL_MAX_CHARS = 3000
// Blanks, control characters, and what would end or split a link.
const NOT_IN_URL = /[\s\u0000-\u001f\u007f-\u009f<>|]/

/** @returns the address when it is http or https and can stand in a link, null otherwise */
export function cleanUrl(value: string): string | null {
  const url = value.trim()
  if (url.length > URL_MAX_CHARS || !/^https?:\/\//i.test(url) || NOT_IN_URL.test(url)) return null
  return url.isWellFormed() && URL.canParse(url) ? url : null
}
