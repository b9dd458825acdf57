/* The messages of a channel or thread. Only what changed is drawn anew, so that focus, menus and scrolling stay. */
import { attachment, blocks } from './blocks.js'
import { person } from './chips.js'
import { clock, formatDate } from './dates.js'
import { el } from './dom.js'
import { emojiNode, mrkdwn } from './mrkdwn.js'
import { messageSurface } from './surfaces.js'

/** Keeps a list of messages on the screen. */
export class MessageList {
  #box
  #nodes = new Map()
  #isInThread
  #shown = ''

  constructor(box, isInThread) {
    this.#box = box
    this.#isInThread = isInThread
  }

  /**
   * @param messages oldest first
   * @param context `{ channel, key, empty, openThread }`; another `key` starts from nothing
   */
  draw(messages, context) {
    const isOther = context.key !== this.#shown
    if (isOther) this.#nodes.clear()
    this.#shown = context.key
    const isAtEnd = isOther || this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 90
    const focused = describeFocus(this.#box)
    const kept = new Map()
    const wanted = []
    let before
    for (const message of messages) {
      const day = formatDate(Number(message.ts), '{day_divider_pretty}')
      if (!this.#isInThread && before?.day !== day)
        wanted.push(this.#keep(kept, `day ${day}`, day, () => divider(day)))
      const isFollowing = before && continues(before.message, message) && before.day === day
      const key = `${message.kind} ${message.ts}`
      const hash = JSON.stringify([message, isFollowing])
      wanted.push(
        this.#keep(kept, key, hash, () => messageNode(message, context, isFollowing, this.#isInThread)),
      )
      before = { message, day }
    }
    if (messages.length === 0) wanted.push(this.#keep(kept, 'empty', '', context.empty))
    this.#nodes = kept
    place(this.#box, wanted)
    restoreFocus(this.#box, focused)
    if (isAtEnd) this.#box.scrollTop = this.#box.scrollHeight
  }

  #keep(kept, key, hash, build) {
    const known = this.#nodes.get(key)
    const entry = known && known.hash === hash ? known : { hash, node: build() }
    if (known && known !== entry) entry.node.classList.add('changed')
    else if (!known && this.#nodes.size > 0) entry.node.classList.add('arrived')
    kept.set(key, entry)
    return entry.node
  }
}

function place(box, wanted) {
  for (const [index, node] of wanted.entries()) {
    if (box.children[index] !== node) box.insertBefore(node, box.children[index] ?? null)
  }
  while (box.children.length > wanted.length) box.lastElementChild.remove()
}

function describeFocus(box) {
  const active = document.activeElement
  const message = active?.closest?.('.message')
  if (!message || !box.contains(message)) return undefined
  return { ts: message.dataset.ts, action: active.dataset?.action }
}

function restoreFocus(box, focused) {
  if (!focused || box.contains(document.activeElement)) return
  const message = [...box.querySelectorAll('.message')].find((one) => one.dataset.ts === focused.ts)
  const buttons = [...(message?.querySelectorAll('button[data-action]') ?? [])]
  const target = buttons.find((one) => one.dataset.action === focused.action) ?? message
  target?.focus({ preventScroll: true })
}

function divider(day) {
  return el('div', { class: 'day', role: 'separator' }, el('span', {}, day))
}

/** Slack leaves out name and picture when the same person goes on within five minutes. */
function continues(before, message) {
  const isPlain = before.kind === 'message' && message.kind === 'message' && !message.isBroadcast
  const isCard = message.attachments.length > 0 || before.attachments.length > 0
  return isPlain && !isCard && before.user === message.user && Number(message.ts) - Number(before.ts) < 300
}

function messageNode(message, context, isFollowing, isInThread) {
  const author = person(message.user)
  const isApp = message.kind === 'ephemeral' ? true : author?.role === 'bot'
  const name = author?.name ?? 'Slackbot'
  const classes = [
    'message',
    message.kind,
    isFollowing ? 'following' : '',
    message.isTombstone ? 'tombstone' : '',
  ]
  const body = el(
    'div',
    { class: 'message-body' },
    !isFollowing &&
      el(
        'div',
        { class: 'message-head' },
        el('b', {}, name),
        isApp && el('span', { class: 'badge' }, 'APP'),
        el(
          'time',
          { class: 'at', title: formatDate(Number(message.ts), '{date_long} at {time_secs}') },
          clock(message.ts),
        ),
      ),
    message.repliedTo &&
      !isInThread &&
      el('p', { class: 'replied' }, 'replied to a thread: ', el('span', {}, firstLine(message.repliedTo))),
    ...content(message, context),
    reactions(message),
    !isInThread && threadLink(message, context),
  )
  return el(
    'article',
    {
      class: classes.filter(Boolean).join(' '),
      tabindex: '-1',
      data: { ts: message.ts },
      'aria-label': `${name}, ${clock(message.ts)}`,
    },
    message.kind === 'ephemeral' &&
      el('p', { class: 'only-you' }, el('span', { 'aria-hidden': 'true' }, '👁 '), 'Only visible to you'),
    el(
      'div',
      { class: 'gutter' },
      isFollowing ? el('time', { class: 'at' }, clock(message.ts)) : avatar(author, name),
    ),
    body,
  )
}

function avatar(author, name) {
  const initials = name
    .split(' ')
    .map((word) => word[0])
    .slice(0, 2)
    .join('')
    .toUpperCase()
  const style = { '--colour': `#${author?.colour ?? '611f69'}` }
  return el(
    'span',
    { class: author?.role === 'bot' ? 'avatar app' : 'avatar', style, 'aria-hidden': 'true' },
    initials,
  )
}

/** Where there are blocks, Slack does not show the text; attachments come below the text. */
function content(message, context) {
  const surface = messageSurface(message, context.channel)
  const parts = []
  if (message.isTombstone) return [el('p', { class: 'gone' }, message.text)]
  if (message.blocks.length > 0) parts.push(...blocks(message.blocks, surface))
  else if (message.text) parts.push(textLine(message))
  parts.push(...message.attachments.map((one) => attachment(one, surface)))
  return parts
}

function textLine(message) {
  return el(
    'div',
    { class: 'text' },
    ...mrkdwn(message.text, message.parse === 'none'),
    message.isEdited && el('small', { class: 'edited' }, ' (edited)'),
  )
}

function firstLine(text) {
  const line = text.split('\n')[0] ?? ''
  return line.length > 70 ? `${line.slice(0, 70)}…` : line
}

function reactions(message) {
  if (!message.reactions?.length) return null
  return el(
    'div',
    { class: 'reactions' },
    ...message.reactions.map((one) =>
      el('span', { class: 'reaction' }, emojiNode(one.name) ?? `:${one.name}:`, ` ${one.count}`),
    ),
  )
}

function threadLink(message, context) {
  const head = message.threadTs || message.ts
  if (message.kind === 'ephemeral') return null
  if (message.isBroadcast) {
    return el(
      'button',
      { type: 'button', class: 'thread-link', on: { click: () => context.openThread(head) } },
      el('b', {}, 'View thread'),
    )
  }
  const { count, latest, users } = message.replies
  const open = { click: () => context.openThread(head) }
  if (count === 0) {
    return message.isTombstone
      ? null
      : el(
          'button',
          {
            type: 'button',
            class: 'reply-button',
            on: open,
            title: 'Reply in thread',
            'aria-label': 'Reply in thread',
          },
          '💬',
        )
  }
  const faces = users.map((id) => avatar(person(id), person(id)?.name ?? '?'))
  return el(
    'button',
    { type: 'button', class: 'thread-link', on: open },
    ...faces,
    el('b', {}, `${count} ${count === 1 ? 'reply' : 'replies'}`),
    el(
      'span',
      { class: 'last-reply' },
      `Last reply ${formatDate(Number(latest), '{date_short_pretty} at {time}')}`,
    ),
  )
}
