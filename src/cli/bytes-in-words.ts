const KIB = 1024

/** @returns a size as people read it, such as `12.3 MiB` */
export function bytesInWords(bytes: number): string {
  if (bytes < KIB * KIB) return `${Math.ceil(bytes / KIB)} KiB`
  if (bytes < KIB ** 3) return `${(bytes / KIB ** 2).toFixed(1)} MiB`
  return `${(bytes / KIB ** 3).toFixed(1)} GiB`
}
