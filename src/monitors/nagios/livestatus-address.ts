export type LivestatusAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** Bytes of a socket's path that the kernel takes, see unix(7). */
const SOCKET_PATH_MAX_BYTES = 107

/** @returns where a Livestatus listens, null when the text is neither unix:/path nor tcp:host:port */
export function parseLivestatusAddress(text: string): LivestatusAddress | null {
  if (text.startsWith('unix:/')) {
    const path = text.slice('unix:'.length)
    return Buffer.byteLength(path) <= SOCKET_PATH_MAX_BYTES && !path.includes('\0')
      ? { kind: 'unix', path }
      : null
  }
  const [, bracketed, plain, digits] =
    /^tcp:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const host = bracketed ?? plain
  return host === undefined || port < 1 || port > 65_535 ? null : { kind: 'tcp', host, port }
}
