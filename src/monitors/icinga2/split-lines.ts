/** Characters of one event; what is longer is passed over. */
export const LINE_MAX_CHARS = 1024 * 1024

/**
 * Cuts a stream into lines, wherever the network cut it.
 *
 * @returns a function that takes the next piece and gives back the lines that are whole with it; empty ones and ones
 *   beyond LINE_MAX_CHARS are left out
 */
export function lineSplitter(): (piece: Uint8Array) => readonly string[] {
  const decoder = new TextDecoder()
  let parts: string[] = []
  let chars = 0
  let tooLong = false

  function add(part: string): void {
    chars += part.length
    // The rest of such a line is not kept while its end is awaited.
    if (chars > LINE_MAX_CHARS) {
      tooLong = true
      parts = []
    } else if (part !== '') {
      parts.push(part)
    }
  }

  function end(): string | null {
    const line = tooLong ? '' : parts.join('').trim()
    parts = []
    chars = 0
    tooLong = false
    return line === '' ? null : line
  }

  return (piece) => {
    const lines: string[] = []
    const [first = '', ...others] = decoder.decode(piece, { stream: true }).split('\n')
    add(first)
    for (const other of others) {
      const line = end()
      if (line !== null) lines.push(line)
      add(other)
    }
    return lines
  }
}
