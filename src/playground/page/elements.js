/*
 * Interactive elements. A surface is `{ press(actionId), choose(actionId, value), value(blockId, actionId) }`: the page
 * makes one for each message and view, and answers when the app has.
 */
import { el, link } from './dom.js'
import { field } from './inputs.js'
import { textNodes } from './mrkdwn.js'

export function interactive(element, block, surface) {
  switch (element.type) {
    case 'button':
      return button(element, surface)
    case 'overflow':
      return overflow(element, surface)
    default:
      return el(
        'div',
        { class: 'element' },
        field(element, surface.value(block.block_id, element.action_id), (value) =>
          confirmed(element, () => surface.choose(element.action_id, value)),
        ),
      )
  }
}

function button(element, surface) {
  const node = el(
    'button',
    {
      type: 'button',
      class: `button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label,
      data: { action: element.action_id },
    },
    ...textNodes(element.text),
  )
  node.addEventListener('click', () =>
    confirmed(element, async () => {
      if (element.url) link(element.url).click()
      node.setAttribute('aria-busy', 'true')
      await surface.press(element.action_id)
      node.removeAttribute('aria-busy')
    }),
  )
  return node
}

function overflow(element, surface) {
  const menu = el('div', { class: 'menu', role: 'menu', hidden: true })
  const opener = el(
    'button',
    {
      type: 'button',
      class: 'button overflow',
      'aria-label': 'More actions',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
    },
    '⋯',
  )
  const close = () => {
    menu.hidden = true
    opener.setAttribute('aria-expanded', 'false')
  }
  for (const option of element.options ?? []) {
    const act = () => {
      close()
      opener.focus()
      confirmed(element, () => surface.choose(element.action_id, option.value))
    }
    menu.append(
      el('button', { type: 'button', role: 'menuitem', on: { click: act } }, ...textNodes(option.text)),
    )
  }
  opener.addEventListener('click', () => {
    menu.hidden = !menu.hidden
    opener.setAttribute('aria-expanded', String(!menu.hidden))
    if (!menu.hidden) menu.firstElementChild?.focus()
  })
  const wrapper = el('div', { class: 'overflow-wrapper' }, opener, menu)
  wrapper.addEventListener('keydown', (event) => menuKeys(event, menu, opener, close))
  wrapper.addEventListener('focusout', (event) => {
    if (!wrapper.contains(event.relatedTarget)) close()
  })
  return wrapper
}

function menuKeys(event, menu, opener, close) {
  if (event.key === 'Escape' && !menu.hidden) {
    event.stopPropagation()
    event.preventDefault()
    close()
    opener.focus()
  }
  const items = [...menu.children]
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || menu.hidden) return
  event.preventDefault()
  const index = items.indexOf(document.activeElement)
  items[(index + step + items.length) % items.length]?.focus()
}

/** Asks first, when the element says so. */
function confirmed(element, act) {
  if (!element.confirm) return act()
  const { title, text, confirm, deny, style } = element.confirm
  const dialog = document.getElementById('confirm')
  const no = el('button', { type: 'button', class: 'button' }, ...textNodes(deny ?? { text: 'Cancel' }))
  const yes = el(
    'button',
    { type: 'button', class: `button ${style ?? 'primary'}` },
    ...textNodes(confirm ?? { text: 'Yes' }),
  )
  no.addEventListener('click', () => dialog.close())
  yes.addEventListener('click', () => {
    dialog.close()
    act()
  })
  dialog.replaceChildren(
    el('div', { class: 'modal-head' }, el('h2', {}, ...textNodes(title))),
    el('div', { class: 'modal-body' }, el('div', {}, ...textNodes(text))),
    el('div', { class: 'modal-foot' }, no, yes),
  )
  dialog.showModal()
  yes.focus()
  return undefined
}
