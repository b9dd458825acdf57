import { cutChars } from '../core/output-preview.ts'

/** Ids of buttons, menus and fields. A message that was posted long ago still carries them, so they never change. */
export const ACTION = {
  acknowledge: 'ackbridge_acknowledge',
  acknowledgeForm: 'ackbridge_acknowledge_form',
  remove: 'ackbridge_remove',
  takeOver: 'ackbridge_take_over',
  acknowledgeMany: 'ackbridge_acknowledge_many',
  retry: 'ackbridge_retry',
  downtimeForm: 'ackbridge_downtime_form',
  acknowledgeStorm: 'ackbridge_acknowledge_storm',
  acknowledgeHost: 'ackbridge_acknowledge_host',
  showStorm: 'ackbridge_show_storm',
  turnPage: 'ackbridge_turn_page',
  turnBack: 'ackbridge_turn_back',
  acknowledgeListed: 'ackbridge_acknowledge_listed',
} as const

export const VIEW = {
  acknowledge: 'ackbridge_acknowledge_view',
  pick: 'ackbridge_pick_view',
  takeOver: 'ackbridge_take_over_view',
  downtime: 'ackbridge_downtime_view',
  acknowledgeStorm: 'ackbridge_acknowledge_storm_view',
} as const

export const BLOCK = {
  problem: 'problem',
  comment: 'comment',
  duration: 'duration',
  until: 'until',
  options: 'options',
} as const

/** Type of our metadata on messages; its payload holds one of our ids and nothing else, because everybody can read it. */
export const METADATA_EVENT = 'ackbridge'

/** What a button that acts on several problems carries. */
export type Many = {
  readonly problems: readonly string[]
  readonly comment: string | null
  readonly until: number | null
}

/** Characters that a button's value may have. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const BUTTON_VALUE_MAX_CHARS = 2000

/** @returns the value of such a button, with as much of the comment as it holds; null when there are too many problems */
export function encodeMany({ problems, comment, until }: Many): string | null {
  const packed = problems
    .map((id) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'))
    .join('.')
  let kept = comment
  for (;;) {
    const value = JSON.stringify({ p: packed, c: kept, u: until })
    const over = value.length - BUTTON_VALUE_MAX_CHARS
    if (over <= 0) return value
    if (kept === null) return null
    // A character may take up to six in JSON, so it may take a few turns.
    kept = kept.length <= over ? null : cutChars(kept, Math.max(1, kept.length - Math.ceil(over / 6)))
  }
}

/** @returns what such a button carries, null when it is not one of ours */
export function decodeMany(value: string): Many | null {
  try {
    const { p, c, u } = JSON.parse(value) as { p: unknown; c: unknown; u: unknown }
    if (typeof p !== 'string') return null
    const problems = p.split('.').map(unpackId)
    if (problems.includes(null)) return null
    return {
      problems: problems as string[],
      comment: typeof c === 'string' ? c : null,
      until: typeof u === 'number' ? u : null,
    }
  } catch {
    return null
  }
}

function unpackId(packed: string): string | null {
  const hex = Buffer.from(packed, 'base64url').toString('hex')
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex)
  return parts === null ? null : parts.slice(1).join('-')
}
