const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs')

/**
 * Makes a name part no other process uses: 12 hexadecimal digits. Reads the kernel's randomness directly, because loading
 * node:crypto takes 3 ms of a command that takes 30.
 */
export function randomName(): string {
  return randomBytes(6).toString('hex')
}

/** Makes a random UUID (version 4). */
export function randomUuid(): string {
  const bytes = randomBytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count)
  try {
    const fd = openSync('/dev/urandom', 'r')
    try {
      if (readSync(fd, bytes) === count) return bytes
    } finally {
      closeSync(fd)
    }
  } catch {
    // There is no such device here.
  }
  return process.getBuiltinModule('node:crypto').randomBytes(count)
}
