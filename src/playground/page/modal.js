/* The topmost modal of the person at the page. */
import { blocks } from './blocks.js'
import { el } from './dom.js'
import { textNodes } from './mrkdwn.js'
import { act } from './server.js'
import { viewSurface } from './surfaces.js'

const shown = { key: '', view: undefined, problems: {}, isSending: false }

/** Opens, redraws or closes the dialog. What is being typed stays as long as the app changes nothing. */
export function drawModal(views) {
  const dialog = document.getElementById('modal')
  const view = views.at(-1)
  if (!view) {
    shown.key = ''
    shown.view = undefined
    if (dialog.open) dialog.close()
    return
  }
  const key = JSON.stringify([view.id, view.hash, view.errors, view.trouble, views.length])
  if (key === shown.key) return
  if (shown.view?.id === view.id) keepTyped(dialog, view)
  shown.key = key
  shown.view = view
  draw(dialog, view, views.length, { ...view.errors })
}

/** Fields of the old drawing that still exist keep what was typed. */
function keepTyped(dialog, view) {
  for (const [blockId, value] of Object.entries(typed(dialog))) {
    const block = view.blocks.find((one) => one.block_id === blockId)
    const element = block?.element
    if (!element || value === null) continue
    const state = view.values[blockId]?.[element.action_id]
    if (state && 'value' in state) state.value = value
  }
}

function typed(dialog) {
  const entries = [...dialog.querySelectorAll('.block.input')].map((node) => {
    const input = node.querySelector('[data-action-id]')
    return [node.dataset.block, input?.read?.() ?? null]
  })
  return Object.fromEntries(entries)
}

function draw(dialog, view, depth, errors) {
  const form = el(
    'form',
    { novalidate: true, on: { submit: (event) => send(event, dialog, view, depth) } },
    el(
      'div',
      { class: 'modal-head' },
      depth > 1 &&
        el(
          'button',
          { type: 'button', class: 'icon-button', 'aria-label': 'Back', on: { click: () => close(view) } },
          '‹',
        ),
      el('span', { class: 'avatar app small', 'aria-hidden': 'true' }, 'A'),
      el('h2', { id: 'modal-title' }, ...(view.title ? textNodes(view.title) : [])),
      el(
        'button',
        { type: 'button', class: 'icon-button', 'aria-label': 'Close', on: { click: () => close(view) } },
        '✕',
      ),
    ),
    el(
      'div',
      { class: 'modal-body' },
      view.trouble && el('p', { class: 'trouble', role: 'alert' }, view.trouble),
      ...blocks(view.blocks, viewSurface(view, errors)),
    ),
    el(
      'div',
      { class: 'modal-foot' },
      el(
        'button',
        { type: 'button', class: 'button', on: { click: () => close(view) } },
        ...textNodes(view.close ?? { text: view.submit ? 'Cancel' : 'Close' }),
      ),
      view.submit && el('button', { type: 'submit', class: 'button primary' }, ...textNodes(view.submit)),
    ),
  )
  dialog.setAttribute('aria-labelledby', 'modal-title')
  dialog.replaceChildren(form)
  dialog.oncancel = (event) => {
    event.preventDefault()
    void close(view)
  }
  if (!dialog.open) dialog.showModal()
  const first =
    dialog.querySelector('.invalid [data-action-id]') ??
    dialog.querySelector('[data-autofocus]') ??
    dialog.querySelector('.modal-body input, .modal-body textarea, .modal-body select, .modal-body button')
  first?.focus()
}

async function close(view) {
  await act('close', { viewId: view.id })
}

async function send(event, dialog, view, depth) {
  event.preventDefault()
  if (shown.isSending) return
  shown.isSending = true
  const button = dialog.querySelector('button[type=submit]')
  button?.setAttribute('aria-busy', 'true')
  const answer = await act('submit', { viewId: view.id, values: typed(dialog) })
  shown.isSending = false
  button?.removeAttribute('aria-busy')
  if (!answer.errors && !answer.error) return
  keepTyped(dialog, view)
  if (answer.errors) draw(dialog, view, depth, answer.errors)
}
