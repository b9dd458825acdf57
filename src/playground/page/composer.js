/* The line at the foot of the channel. `/` offers the commands, anything else is a message. */
import { el, toast } from './dom.js'
import { act } from './server.js'

const suggestionsMax = 8

/** Builds a composer into `box`; `where()` gives `{ channel, thread }`, `commands()` what there is to offer. */
export function createComposer(box, { where, commands, placeholder }) {
  const list = el('ul', { class: 'suggestions', role: 'listbox', id: `${box.id}-suggestions`, hidden: true })
  const input = el('textarea', {
    rows: 1,
    'aria-label': placeholder(),
    placeholder: placeholder(),
    maxlength: 4000,
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
    spellcheck: 'false',
  })
  const sendButton = el(
    'button',
    { type: 'button', class: 'send', 'aria-label': 'Send', disabled: true },
    '➤',
  )
  const state = { chosen: 0, offered: [] }
  box.replaceChildren(list, el('div', { class: 'composer-box' }, input, sendButton))

  const redraw = () => {
    input.style.setProperty('height', 'auto')
    input.style.setProperty('height', `${Math.min(160, input.scrollHeight)}px`)
    sendButton.disabled = input.value.trim() === ''
    state.offered = offer(input.value, commands())
    state.chosen = Math.min(state.chosen, Math.max(0, state.offered.length - 1))
    drawSuggestions(list, state, input.value, take)
  }
  const take = (command) => {
    input.value = `${command.command} `
    input.focus()
    redraw()
  }
  const send = async () => {
    const text = input.value.trim()
    if (text === '') return
    input.value = ''
    redraw()
    const answer = await act('say', { ...where(), text })
    if (answer.error && answer.status === undefined) toast(answer.error)
  }
  input.addEventListener('input', redraw)
  input.addEventListener('keydown', (event) => keys(event, state, { send, take, redraw, list, input }))
  input.addEventListener('blur', () => setTimeout(() => (list.hidden = true), 150))
  input.addEventListener('focus', redraw)
  sendButton.addEventListener('click', send)
  return {
    relabel() {
      input.placeholder = placeholder()
      input.setAttribute('aria-label', placeholder())
    },
  }
}

function offer(text, commands) {
  if (!text.startsWith('/')) return []
  const word = text.split(/\s/u)[0]
  if (text.includes(' ')) return commands.filter((one) => one.command === word)
  return commands.filter((one) => one.command.startsWith(word)).slice(0, suggestionsMax)
}

function drawSuggestions(list, state, text, take) {
  list.hidden = state.offered.length === 0
  const isTyped = text.includes(' ')
  list.replaceChildren(
    ...state.offered.map((one, index) =>
      el(
        'li',
        {
          role: 'option',
          'aria-selected': String(index === state.chosen && !isTyped),
          on: {
            mousedown: (event) => {
              event.preventDefault()
              take(one)
            },
          },
        },
        el('b', {}, one.command),
        el('span', { class: 'usage' }, one.usageHint),
        el('span', { class: 'description' }, one.description),
      ),
    ),
  )
}

function keys(event, state, { send, take, redraw, list, input }) {
  const isChoosing = !list.hidden && !input.value.includes(' ')
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (isChoosing && step) {
    event.preventDefault()
    state.chosen = (state.chosen + step + state.offered.length) % state.offered.length
    redraw()
  } else if (isChoosing && (event.key === 'Tab' || event.key === 'Enter') && state.offered[state.chosen]) {
    const chosen = state.offered[state.chosen]
    if (event.key === 'Enter' && chosen.command === input.value) {
      event.preventDefault()
      send()
    } else if (!event.shiftKey) {
      event.preventDefault()
      take(chosen)
    }
  } else if (event.key === 'Escape') list.hidden = true
  else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    send()
  }
}
