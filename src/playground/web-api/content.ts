/* The part of a message that chat.postMessage, chat.update, chat.postEphemeral and response_url have in common. */
import { randomBytes } from 'node:crypto'
import { type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts'
import { Refusal } from '../refusal.ts'
import {
  blocksTextMax,
  textLength,
  validateAttachments,
  validateBlocks,
  withDefaults,
} from '../validate-blocks/validate-blocks.ts'
import { listOf, objectOf, textOf } from './arguments.ts'

/** Only what was sent is set. */
export type Content = {
  text?: string
  blocks?: JsonObject[]
  attachments?: JsonObject[]
  metadata?: JsonObject
  parse?: string
}

const attachmentsMax = 100
const markdownMax = 12_000

/** Slack answers the named colours as numbers, and hex colours without the sign. */
const namedColours: Record<string, string> = { good: '2eb886', warning: 'daa038', danger: 'a30200' }

/**
 * Reads and checks text, blocks, attachments and metadata.
 *
 * @throws Refusal invalid_blocks, invalid_attachments, msg_blocks_too_long, too_many_attachments …
 */
export function readContent(args: JsonObject): Content {
  const content: Content = {}
  const text = textOf(args, 'text')
  if (text !== undefined) content.text = text
  const blocks = readBlocks(args)
  if (blocks) content.blocks = blocks
  const attachments = readAttachments(args)
  if (attachments) content.attachments = attachments
  const metadata = readMetadata(args)
  if (metadata) content.metadata = metadata
  const parse = textOf(args, 'parse')
  if (parse !== undefined) content.parse = parse
  return content
}

/** True when there is nothing a person could see. */
export function isEmpty(content: Content): boolean {
  const parts = (content.blocks?.length ?? 0) + (content.attachments?.length ?? 0)
  return !content.text && parts === 0
}

function readBlocks(args: JsonObject): JsonObject[] | undefined {
  const markdown = textOf(args, 'markdown_text')
  const blocks = listOf(args, 'blocks', 'invalid_blocks_format')
  if (markdown !== undefined) {
    if (blocks || textOf(args, 'text')) throw new Refusal('markdown_text_conflict')
    if (markdown.length > markdownMax) throw new Refusal('msg_too_long')
    return withDefaults([{ type: 'markdown', text: markdown }], newBlockId)
  }
  if (!blocks) return undefined
  refuse('invalid_blocks', validateBlocks(blocks, 'message', '/blocks'))
  if (textLength(blocks) > blocksTextMax) throw new Refusal('msg_blocks_too_long')
  return withDefaults(blocks, newBlockId)
}

function readAttachments(args: JsonObject): JsonObject[] | undefined {
  const attachments = listOf(args, 'attachments', 'invalid_attachments')
  if (!attachments) return undefined
  if (attachments.length > attachmentsMax) throw new Refusal('too_many_attachments')
  refuse('invalid_attachments', validateAttachments(attachments))
  if (textLength(attachments) > blocksTextMax) throw new Refusal('msg_blocks_too_long')
  return attachments.map((attachment, index) => ({
    ...attachment,
    id: index + 1,
    fallback: stringAt(attachment, 'fallback') ?? stringAt(attachment, 'text') ?? '[no preview available]',
    ...(attachment['color'] === undefined ? {} : { color: plainColour(stringAt(attachment, 'color') ?? '') }),
    ...(attachment['blocks'] === undefined
      ? {}
      : { blocks: withDefaults(objectsAt(attachment, 'blocks'), newBlockId) }),
  }))
}

function readMetadata(args: JsonObject): JsonObject | undefined {
  const metadata = objectOf(args, 'metadata', 'invalid_metadata_format')
  if (!metadata || Object.keys(metadata).length === 0) return metadata
  if (!stringAt(metadata, 'event_type') || !objectAt(metadata, 'event_payload')) {
    throw new Refusal('invalid_metadata_format')
  }
  if (JSON.stringify(metadata).length > 16_000) throw new Refusal('metadata_too_large')
  return metadata
}

/**
 * Turns the validator's sentences into Slack's refusal.
 *
 * @throws Refusal when there are any
 */
export function refuse(code: string, sentences: string[]): void {
  if (sentences.length === 0) return
  throw new Refusal(
    code,
    sentences.map((sentence) => `[ERROR] ${sentence}`),
    { errors: sentences },
  )
}

export function newBlockId(): string {
  return randomBytes(4).toString('base64url').slice(0, 5)
}

function plainColour(colour: string): string {
  return namedColours[colour] ?? colour.replace(/^#/u, '')
}
