import type { State } from '../../core/state.ts'

/** Names that Slack gives a colour. https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
const NAMED: Readonly<Record<string, State>> = { danger: 'CRITICAL', warning: 'WARNING' }
/** Degrees of the colour circle: red is at 0, yellow at 60. */
const RED_UNTIL = 15
const RED_FROM = 335
const YELLOW_UNTIL = 65
/** Of 255: what differs less between its brightest and darkest part is grey. */
const COLOURFUL_FROM = 60

/**
 * @returns CRITICAL for red, WARNING for orange and yellow; null for every other. Green is null too: it is the colour of a
 * problem that is over, and of good news that never was one
 */
export function stateOfColor(color: string): State | null {
  const name = color.trim().toLowerCase()
  if (Object.hasOwn(NAMED, name)) return NAMED[name] ?? null
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(name)?.[1]
  if (hex === undefined) return null
  const six = hex.length === 3 ? hex.replaceAll(/./g, '$&$&') : hex
  const hue = hueOf(
    Number.parseInt(six.slice(0, 2), 16),
    Number.parseInt(six.slice(2, 4), 16),
    Number.parseInt(six.slice(4), 16),
  )
  if (hue === null || (hue > YELLOW_UNTIL && hue < RED_FROM)) return null
  return hue <= RED_UNTIL || hue >= RED_FROM ? 'CRITICAL' : 'WARNING'
}

/** @returns degrees; null for grey */
function hueOf(red: number, green: number, blue: number): number | null {
  const most = Math.max(red, green, blue)
  const span = most - Math.min(red, green, blue)
  if (span < COLOURFUL_FROM) return null
  if (most === red) return (((green - blue) / span) * 60 + 360) % 360
  return most === green ? ((blue - red) / span) * 60 + 120 : ((red - green) / span) * 60 + 240
}
