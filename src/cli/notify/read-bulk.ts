/*
 * Several notifications at once, as Checkmk hands them to a notification script that says `# Bulk: yes`: blocks of
 * NAME=VALUE lines on stdin, separated by empty lines, a new line inside a value written as the character 1. The first
 * block holds the parameters of the rule.
 */

/** Bytes of stdin that are read; a thousand notifications are a tenth of it. */
const stdinMaxBytes = 64 * 1024 * 1024
/** Whoever hands over notifications does so at once, milliseconds. */
const stdinMaxMs = 5000
/** Notifications in one body, and its bytes: less than the server takes. */
const groupMaxCount = 200
const groupMaxBytes = 900_000

/** Variables of one notification, by full name. */
type Block = Readonly<Record<string, string>>

/**
 * Reads stdin to its end.
 *
 * @returns what was read until the end, the limit or the deadline
 */
export function readStdin(): Promise<{ readonly text: string; readonly whole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (whole: boolean): void => {
      clearTimeout(timer)
      process.stdin.pause()
      resolve({ text: Buffer.concat(chunks).toString('utf8'), whole })
    }
    const timer = setTimeout(() => finish(false), stdinMaxMs)
    process.stdin.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > stdinMaxBytes) finish(false)
    })
    process.stdin.on('end', () => finish(true))
    process.stdin.on('error', () => finish(false))
  })
}

/**
 * Takes the notifications out of what was on stdin. What is no NAME=VALUE is skipped.
 *
 * @param prefix is put before each name that has it not, so that a notification looks as if it came alone
 */
export function parseBulk(text: string, prefix: string): Block[] {
  const blocks: Block[] = []
  for (const lines of text.replaceAll('\r\n', '\n').split(/\n{2,}/)) {
    const block = Object.create(null) as Record<string, string>
    let isNotification = false
    for (const line of lines.split('\n')) {
      const at = line.indexOf('=')
      const name = line.slice(0, Math.max(0, at))
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue
      const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name
      if (!bare.startsWith('PARAMETER')) isNotification = true
      block[prefix + bare] = line.slice(at + 1).replaceAll('\u0001', '\n')
    }
    if (isNotification) blocks.push(block)
  }
  return blocks
}

/** Puts bodies together into arrays that the server takes in one request each. */
export function groupBodies(bodies: readonly string[]): string[] {
  const groups: string[] = []
  let group: string[] = []
  let bytes = 0
  for (const body of bodies) {
    const size = Buffer.byteLength(body) + 1
    if (group.length === groupMaxCount || (group.length > 0 && bytes + size > groupMaxBytes)) {
      groups.push(`[${group.join(',')}]`)
      group = []
      bytes = 0
    }
    group.push(body)
    bytes += size
  }
  if (group.length > 0) groups.push(`[${group.join(',')}]`)
  return groups
}
