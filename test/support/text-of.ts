/** All text in a message or view, in reading order, with single blanks. */
export function textOf(message: unknown): string {
  const found: string[] = []
  const look = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (key === 'text' || key === 'fallback_text') found.push(value)
    } else if (Array.isArray(value)) for (const one of value) look(one, key)
    else if (typeof value === 'object' && value !== null) {
      const { blocks, attachments, elements, text, accessory, ...rest } = value as Record<string, unknown>
      const block = blocks !== undefined || attachments !== undefined
      if (!block && text !== undefined) look(text, 'text')
      for (const part of [blocks, attachments, elements, accessory]) if (part !== undefined) look(part, '')
      if (!block)
        for (const [name, part] of Object.entries(rest)) if (typeof part === 'object') look(part, name)
    }
  }
  look(typeof message === 'string' ? { text: message } : message, '')
  return found.join(' ').replaceAll(/\s+/g, ' ').trim()
}
