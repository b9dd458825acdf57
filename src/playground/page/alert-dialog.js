/* "Send an alert": a notification as a monitor would send it. */
import { el, toast } from './dom.js'
import { act } from './server.js'

const samples = {
  CRITICAL: 'CRITICAL - Socket timeout after 10 seconds',
  WARNING: 'WARNING - load average: 8.41, 7.97, 6.12',
  UNKNOWN: 'UNKNOWN - could not read SNMP counter: no response from host',
  OK: 'HTTP OK: HTTP/1.1 200 OK - 3142 bytes in 0.182 second response time',
  DOWN: 'PING CRITICAL - Packet loss = 100%',
  UP: 'PING OK - Packet loss = 0%, RTA = 0.44 ms',
}
const hostStates = ['DOWN', 'UP']
const serviceStates = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK']

/** Prepares the dialog and returns the function that opens it. */
export function createAlertDialog() {
  const dialog = document.getElementById('alert')
  const host = el('input', { id: 'alert-host', value: 'web01', required: true, autocomplete: 'off' })
  const service = el('input', {
    id: 'alert-service',
    value: 'HTTP',
    autocomplete: 'off',
    placeholder: 'empty: the host itself',
  })
  const state = el('select', { id: 'alert-state' })
  const output = el('textarea', { id: 'alert-output', rows: 2 })
  const result = el('p', { class: 'result', role: 'status' })
  output.value = samples.CRITICAL

  const isSample = () => output.value === '' || Object.values(samples).includes(output.value)
  const choose = (wanted) => {
    const states = service.value.trim() ? serviceStates : hostStates
    const chosen = states.includes(wanted) ? wanted : states[0]
    state.replaceChildren(...states.map((one) => el('option', { value: one, selected: one === chosen }, one)))
    if (isSample()) output.value = samples[chosen]
  }
  service.addEventListener('input', () => choose(state.value))
  state.addEventListener('change', () => choose(state.value))
  choose('CRITICAL')

  const send = async () => {
    const isGood = ['OK', 'UP'].includes(state.value)
    const notification = {
      type: isGood ? 'RECOVERY' : 'PROBLEM',
      host: host.value.trim(),
      ...(service.value.trim() ? { service: service.value.trim() } : {}),
      state: state.value,
      output: output.value,
      time: Math.floor(Date.now() / 1000),
      labels: { site: 'fra1' },
    }
    result.textContent = 'Sending …'
    const answer = await act('notify', { notification })
    result.textContent =
      answer.status === undefined
        ? `Not sent: ${answer.error}`
        : `The app answered ${answer.status}. ${answer.status < 300 ? '' : answer.body}`
    if (answer.status < 300) {
      dialog.close()
      toast(
        `Sent: ${notification.type} ${notification.host} ${notification.service ?? ''} ${notification.state}`,
      )
    }
  }
  const quick = (good) => {
    choose(service.value.trim() ? (good ? 'OK' : 'CRITICAL') : good ? 'UP' : 'DOWN')
    void send()
  }
  dialog.replaceChildren(form({ dialog, host, service, state, output, result, send, quick }))
  return () => {
    result.textContent = ''
    dialog.showModal()
    host.select()
  }
}

function form({ dialog, host, service, state, output, result, send, quick }) {
  const row = (label, node) => el('div', { class: 'block input' }, el('label', { for: node.id }, label), node)
  return el(
    'form',
    {
      on: {
        submit: (event) => {
          event.preventDefault()
          send()
        },
      },
    },
    el(
      'div',
      { class: 'modal-head' },
      el('h2', { id: 'alert-title' }, 'Send an alert'),
      el(
        'button',
        { type: 'button', class: 'icon-button', 'aria-label': 'Close', on: { click: () => dialog.close() } },
        '✕',
      ),
    ),
    el(
      'div',
      { class: 'modal-body' },
      el('p', { class: 'hint' }, 'Posts a notification to the app, as a monitor would.'),
      el('div', { class: 'pair' }, row('Host', host), row('Service', service)),
      row('State', state),
      row('Output', output),
      result,
    ),
    el(
      'div',
      { class: 'modal-foot' },
      el('button', { type: 'button', class: 'button danger', on: { click: () => quick(false) } }, 'Problem'),
      el('button', { type: 'button', class: 'button good', on: { click: () => quick(true) } }, 'Recovery'),
      el('span', { class: 'spring' }),
      el('button', { type: 'submit', class: 'button primary' }, 'Send as filled in'),
    ),
  )
}
