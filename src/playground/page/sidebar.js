import { el } from './dom.js'

/** Draws workspace, channels and apps. `go(place)` with a channel id or `home`. */
export function drawSidebar(box, state, place, seen, go) {
  const item = (id, mark, name, isUnread) =>
    el(
      'li',
      {},
      el(
        'button',
        {
          type: 'button',
          class: isUnread ? 'place unread' : 'place',
          'aria-current': place === id ? 'page' : undefined,
          on: { click: () => go(id) },
        },
        el('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        name,
      ),
    )
  const isUnread = (one) => one.id !== place && Number(one.latest || 0) > Number(seen.get(one.id) ?? 0)
  const channels = state.channels.filter((one) => !one.isIm)
  const hash = JSON.stringify([
    state.team,
    place,
    state.channels.map((one) => [one.id, one.name, isUnread(one), one.isArchived]),
  ])
  if (box.dataset.hash === hash) return
  box.dataset.hash = hash
  const focusedText = box.contains(document.activeElement) ? document.activeElement.textContent : undefined
  box.replaceChildren(
    el(
      'div',
      { class: 'team' },
      el('span', { class: 'team-icon', 'aria-hidden': 'true' }, 'P'),
      el('b', {}, state.team),
    ),
    el('h2', {}, 'Channels'),
    el(
      'ul',
      {},
      ...channels.map((one) =>
        item(
          one.id,
          one.isPrivate ? '🔒' : '#',
          one.isArchived ? `${one.name} (archived)` : one.name,
          isUnread(one),
        ),
      ),
    ),
    el('h2', {}, 'Apps'),
    el(
      'ul',
      {},
      item('home', '⌂', `${state.app.name} Home`, false),
      ...state.channels
        .filter((one) => one.isIm)
        .map((one) => item(one.id, '✉', `${one.name} messages`, isUnread(one))),
    ),
  )
  if (focusedText !== undefined)
    [...box.querySelectorAll('button')].find((one) => one.textContent === focusedText)?.focus()
}
