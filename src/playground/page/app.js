/* The page: keeps where one is, asks for what is to be seen there, and draws it. */
import { createAlertDialog } from './alert-dialog.js'
import { blocks } from './blocks.js'
import { setNames } from './chips.js'
import { createComposer } from './composer.js'
import { keepDatesFresh, setZone } from './dates.js'
import { el, toast } from './dom.js'
import { MessageList } from './messages.js'
import { drawModal } from './modal.js'
import { act, listen, readState, setActor } from './server.js'
import { drawSidebar } from './sidebar.js'
import { viewSurface } from './surfaces.js'

const at = { user: '', place: '', thread: '' }
const seen = new Map()
const current = { state: undefined, isReading: false, isStale: false }
const part = (id) => document.getElementById(id)

const timeline = new MessageList(part('timeline'), false)
const threadBox = el('div', { class: 'timeline', role: 'log', 'aria-label': 'Replies', tabindex: '0' })
const threadList = new MessageList(threadBox, true)

function readAddress() {
  const [, user = '', place = '', thread = ''] = location.hash.split('/')
  const archive = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/u.exec(location.pathname)
  if (archive && !place)
    Object.assign(at, {
      user,
      place: archive[1],
      thread: new URLSearchParams(location.search).get('thread_ts') ?? '',
    })
  else Object.assign(at, { user, place, thread })
}

function go(change) {
  Object.assign(at, change)
  history.replaceState(null, '', `/#/${at.user}/${at.place}/${at.thread}`)
  closeSidebar()
  void refresh()
  if (change.place === 'home') void act('home', {})
}

/** One request at a time; a change that comes meanwhile leads to one more. */
async function refresh() {
  if (current.isReading) {
    current.isStale = true
    return
  }
  current.isReading = true
  try {
    do {
      current.isStale = false
      const channel = at.place === 'home' ? '' : at.place
      draw(await readState({ user: at.user, channel, thread: at.thread }))
    } while (current.isStale)
  } catch {
    document.body.classList.add('offline')
  } finally {
    current.isReading = false
  }
}

function draw(state) {
  document.body.classList.remove('offline')
  current.state = state
  at.user = state.me
  if (at.place !== 'home') at.place = state.channel
  setActor(state.me)
  setNames(state)
  setZone(state.zone)
  const channel = state.channels.find((one) => one.id === state.channel)
  if (at.place !== 'home' && channel) seen.set(channel.id, channel.latest)
  drawPeople(state)
  drawSidebar(part('sidebar'), state, at.place, seen, (place) => go({ place, thread: '' }))
  drawHeader(state, channel)
  if (at.place === 'home') drawHome(state)
  else drawMessages(state, channel)
  drawThread(state, channel)
  drawModal(state.views)
  part('composer').hidden = at.place === 'home'
  composer.relabel()
  part('run-scenario').disabled = !state.canSendAlerts
  part('open-alert').disabled = !state.canSendAlerts
}

function drawPeople(state) {
  const select = part('person')
  const options = state.people.filter(
    (one) => one.id !== state.app.user && one.role !== 'deactivated' && one.role !== 'bot',
  )
  const hash = JSON.stringify(options)
  if (select.dataset.hash !== hash) {
    select.dataset.hash = hash
    select.replaceChildren(
      ...options.map((one) =>
        el('option', { value: one.id }, one.role ? `${one.name} (${one.role})` : one.name),
      ),
    )
  }
  select.value = state.me
}

function drawHeader(state, channel) {
  const isHome = at.place === 'home'
  const mark = channel?.isIm ? '' : channel?.isPrivate ? '🔒 ' : '# '
  const name = isHome ? state.app.name : `${mark}${channel?.name ?? ''}`
  part('channel-name').textContent = name
  const topic = isHome
    ? 'Home'
    : [channel?.topic, channel?.isArchived ? 'This channel is archived' : ''].filter(Boolean).join('. ')
  part('channel-topic').textContent = topic
  document.title = `${name} | Playground`
}

function drawMessages(state, channel) {
  timeline.draw(state.messages, {
    channel: state.channel,
    key: `${state.me} ${state.channel}`,
    openThread: (thread) => go({ thread }),
    empty: () => emptyChannel(channel),
  })
}

function emptyChannel(channel) {
  const hasApp = channel?.hasApp
  return el(
    'div',
    { class: 'empty' },
    el('p', { class: 'empty-mark', 'aria-hidden': 'true' }, channel?.isPrivate ? '🔒' : '#'),
    el('h2', {}, `This is the beginning of ${channel?.isPrivate ? '' : '#'}${channel?.name ?? ''}`),
    el(
      'p',
      {},
      hasApp
        ? 'Nothing is broken. Press “Run the scenario” to watch a bad quarter of an hour, or “Send an alert” to break something yourself. Then press a button on a card, or type /ack below.'
        : 'The app is not a member of this channel.',
    ),
  )
}

function drawHome(state) {
  const box = part('timeline')
  const hash = JSON.stringify([state.me, state.home])
  if (box.dataset.home === hash && box.querySelector('.home')) return
  box.dataset.home = hash
  timeline.draw([], { key: `home ${hash}`, empty: () => homeNode(state.home) })
  box.scrollTop = 0
}

function homeNode(home) {
  if (!home)
    return el(
      'div',
      { class: 'home empty' },
      el('p', {}, 'The app has not published a Home tab for you yet.'),
    )
  return el('div', { class: 'home' }, ...blocks(home.blocks, viewSurface(home, {})))
}

function drawThread(state, channel) {
  const box = part('thread')
  const isOpen = state.threadHead !== '' && at.place !== 'home'
  const wasOpen = !box.hidden
  box.hidden = !isOpen
  document.body.classList.toggle('has-thread', isOpen)
  if (!isOpen) return
  if (!box.contains(threadBox)) buildThread(box)
  box.querySelector('.thread-place').textContent = channel ? `#${channel.name}` : ''
  threadList.draw(state.thread, {
    channel: state.channel,
    key: `${state.me} ${state.threadHead}`,
    openThread: () => {},
    empty: () => el('div'),
  })
  if (!wasOpen) box.querySelector('.icon-button').focus()
}

function buildThread(box) {
  const reply = el('div', { class: 'composer', id: 'reply' })
  box.replaceChildren(
    el(
      'div',
      { class: 'channel-header' },
      el('div', { class: 'channel-title' }, el('h2', {}, 'Thread'), el('p', { class: 'thread-place' })),
      el(
        'button',
        {
          type: 'button',
          class: 'icon-button',
          'aria-label': 'Close thread',
          on: { click: () => go({ thread: '' }) },
        },
        '✕',
      ),
    ),
    threadBox,
    reply,
  )
  createComposer(reply, {
    where: () => ({ channel: at.place, thread: at.thread }),
    commands: () => [],
    placeholder: () => 'Reply…',
  })
}

function closeSidebar() {
  document.body.classList.remove('shows-sidebar')
  part('menu').setAttribute('aria-expanded', 'false')
}

const composer = createComposer(part('composer'), {
  where: () => ({ channel: at.place }),
  commands: () => current.state?.commands ?? [],
  placeholder: () => {
    const channel = current.state?.channels.find((one) => one.id === at.place)
    return `Message ${channel?.isPrivate ? '' : '#'}${channel?.name ?? ''} or type / for commands`
  },
})

async function runScenario() {
  const button = part('run-scenario')
  button.setAttribute('aria-busy', 'true')
  go({ place: current.state?.channels.find((one) => one.name === 'alerts')?.id ?? at.place, thread: '' })
  const answer = await act('scenario', {})
  button.removeAttribute('aria-busy')
  toast(
    answer.error
      ? `The scenario did not start: ${answer.error}`
      : 'The scenario runs: five notifications in the next seconds.',
  )
}

const openAlert = createAlertDialog()
part('open-alert').addEventListener('click', openAlert)
part('run-scenario').addEventListener('click', runScenario)
part('person').addEventListener('change', (event) => go({ user: event.target.value }))
part('menu').addEventListener('click', () => {
  const isShown = document.body.classList.toggle('shows-sidebar')
  part('menu').setAttribute('aria-expanded', String(isShown))
  if (isShown) part('sidebar').querySelector('button')?.focus()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return
  if (document.body.classList.contains('shows-sidebar')) closeSidebar()
  else if (at.thread) go({ thread: '' })
})
document.querySelector('main').addEventListener('click', closeSidebar, { capture: true })
addEventListener('hashchange', () => {
  readAddress()
  void refresh()
})

// The messages scroll, so the keyboard must be able to reach them.
part('timeline').tabIndex = 0
readAddress()
keepDatesFresh()
listen(refresh, () => document.body.classList.add('offline'))
void refresh()
