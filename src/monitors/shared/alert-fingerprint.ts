const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
/** Between names and values: a byte that is in no UTF-8. */
const SEPARATOR = 255

/**
 * What identifies an alert: FNV-1a of 64 bits over its labels by name, each name and value followed by a separator, as
 * 16 hexadecimal digits (prometheus/common:model/signature.go). Labels without a value count as absent.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let sum = OFFSET
  const add = (byte: number): void => {
    sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * PRIME)
  }
  const named = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
  for (const part of named.flat()) {
    for (const byte of part) add(byte)
    add(SEPARATOR)
  }
  return sum.toString(16).padStart(16, '0')
}
