import type { Body, RawRequest, Unreadable } from '../monitor.ts'

/*
 * Bodies that are neither JSON nor a plain form: a form of several parts (multipart/form-data), and a CloudEvent whose
 * attributes stand in headers (binary mode, cloudevents/spec:cloudevents/bindings/http-protocol-binding.md).
 */

/** Attributes of an event, and the extensions that are understood: headers cannot be listed. */
const ATTRIBUTES = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'dataschema',
  'severity',
  'severitytext',
  'severitynumber',
]
/** Parts of a form that are read. */
const PARTS_MAX = 1000

/** @returns null for a body that everybody can read, and for a compressed one, which nobody does. Never throws */
export async function readBody(request: RawRequest): Promise<Body | Unreadable | null> {
  const encoding = request.header('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') return null
  const type = (request.header('content-type') ?? '').trim()
  if (/^application\/cloudevents/i.test(type)) return null
  if (request.header('ce-specversion') !== null || request.header('ce-id') !== null) {
    return readEvent(request, type)
  }
  return /^multipart\/form-data\b/i.test(type) ? readParts(request, type) : null
}

async function readParts({ bytes }: RawRequest, type: string): Promise<Body | Unreadable> {
  try {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
    const fields: [string, string][] = []
    for (const [name, value] of form) {
      if (fields.length === PARTS_MAX) break
      if (typeof value === 'string') fields.push([name, value])
    }
    return { value: Object.fromEntries(fields) }
  } catch {
    return { fault: 'is no form of the type multipart/form-data' }
  }
}

function readEvent({ bytes, header }: RawRequest, type: string): Body | Unreadable {
  const attributes = ATTRIBUTES.flatMap((name) => {
    const value = header(`ce-${name}`)
    return value === null ? [] : [[name, decoded(value)] as const]
  })
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  const event = { ...Object.fromEntries(attributes), ...(type === '' ? {} : { datacontenttype: type }) }
  if (text.trim() === '') return { value: event }
  if (/^(application|text)\/(json|[^;]*\+json)\s*(;|$)/i.test(type) || type === '') {
    try {
      return { value: { ...event, data: JSON.parse(text) as unknown } }
    } catch {
      return { fault: 'is not JSON' }
    }
  }
  // What is neither JSON nor text is nothing that could be shown.
  return { value: /^text\//i.test(type) ? { ...event, data: text } : event }
}

/** Header values hold UTF-8 in percents. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
