/* Slack's date tokens, in the zone of the person who looks. https://docs.slack.dev/messaging/formatting-message-text */
import { el, link } from './dom.js'

const viewer = { zone: 'UTC' }

export function setZone(zone) {
  viewer.zone = zone
}

function parts(seconds, options) {
  return new Intl.DateTimeFormat('en-US', { timeZone: viewer.zone, ...options }).format(seconds * 1000)
}

function ordinal(day) {
  const last = day % 10
  const isTeen = day % 100 >= 11 && day % 100 <= 13
  return `${day}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][last] ?? 'th')}`
}

function isoDay(seconds) {
  return new Intl.DateTimeFormat('en-CA', { timeZone: viewer.zone }).format(seconds * 1000)
}

function pretty(seconds, otherwise) {
  const now = Date.now() / 1000
  const day = isoDay(seconds)
  if (day === isoDay(now)) return 'Today'
  if (day === isoDay(now - 86_400)) return 'Yesterday'
  if (day === isoDay(now + 86_400)) return 'Tomorrow'
  return otherwise(seconds)
}

function full(seconds) {
  const day = ordinal(Number(parts(seconds, { day: 'numeric' })))
  return `${parts(seconds, { month: 'long' })} ${day}, ${parts(seconds, { year: 'numeric' })}`
}

const short = (seconds) => parts(seconds, { month: 'short', day: 'numeric', year: 'numeric' })
const long = (seconds) => `${parts(seconds, { weekday: 'long' })}, ${full(seconds)}`

function ago(seconds) {
  const past = Date.now() / 1000 - seconds
  const steps = [
    [60, 'second'],
    [3600, 'minute'],
    [86_400, 'hour'],
    [Number.POSITIVE_INFINITY, 'day'],
  ]
  const index = steps.findIndex(([limit]) => Math.abs(past) < limit)
  const unit = [1, 60, 3600, 86_400][index]
  const count = Math.round(Math.abs(past) / unit)
  const words = `${count} ${steps[index][1]}${count === 1 ? '' : 's'}`
  return past >= 0 ? `${words} ago` : `in ${words}`
}

const tokens = {
  date_num: isoDay,
  date: full,
  date_short: short,
  date_long: long,
  date_pretty: (seconds) => pretty(seconds, full),
  date_short_pretty: (seconds) => pretty(seconds, short),
  date_long_pretty: (seconds) => pretty(seconds, long),
  day_divider_pretty: (seconds) =>
    pretty(
      seconds,
      (at) =>
        `${parts(at, { weekday: 'long' })}, ${parts(at, { month: 'long' })} ${ordinal(Number(parts(at, { day: 'numeric' })))}`,
    ),
  time: (seconds) => parts(seconds, { hour: 'numeric', minute: '2-digit' }),
  time_secs: (seconds) => parts(seconds, { hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  ago,
}

/** Replaces every known token; `today` in the middle of a sentence is small, as in Slack. */
export function formatDate(seconds, format) {
  return format.replace(/\{(\w+)\}/gu, (whole, name, offset) => {
    const token = tokens[name]
    if (!Object.hasOwn(tokens, name) || !token) return whole
    const words = token(seconds)
    return offset > 0 && /^(Today|Yesterday|Tomorrow)$/u.test(words) ? words.toLowerCase() : words
  })
}

/** An element that shows a moment and keeps itself up to date. */
export function dateNode(seconds, format, url, fallback) {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 8e12) return document.createTextNode(fallback)
  const iso = new Date(seconds * 1000).toISOString()
  const node = el('time', { datetime: iso, title: formatDate(seconds, '{date_long} at {time_secs}') })
  const draw = () => {
    node.textContent = formatDate(seconds, format)
  }
  node.redraw = draw
  node.classList.add('moment')
  draw()
  return url ? link(url, node) : node
}

/** Times in the past grow older while one looks at them. */
export function keepDatesFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll('time.moment')) node.redraw?.()
  }, 15_000)
}

/** @param ts a message's ts */
export function clock(ts) {
  return formatDate(Number(ts), '{time}')
}
