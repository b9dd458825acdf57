import type { ModalView } from '@slack/types'
import type { StormScope } from '../../core/ports.ts'
import { sentenceView } from '../views/acknowledge.ts'
import { type ListMemory, PAGE, stormForm, stormList } from '../views/storm.ts'
import { refusalSentence } from '../words.ts'
import { acknowledge } from './acknowledge.ts'
import { FORM_NOT_OPENED, type Press } from './press.ts'

const NOTHING = 'Each of them is taken, or over. 🟢'

/** `Acknowledge all…` on the card of a storm. */
export function acknowledgeStorm(press: Press): Promise<string> {
  return openStormForm(press, { storm: press.value, monitor: null, host: null })
}

/** `Acknowledge by host…`. */
export async function acknowledgeHost(press: Press): Promise<string> {
  const [storm = '', check = ''] = press.value.split(' ')
  const found = press.parts.storms.hostOf(Number(check))
  return found === null
    ? open(press, sentenceView(NOTHING, 'Acknowledge all'))
    : openStormForm(press, { storm, ...found })
}

/** `Show list`. */
export async function showStorm(press: Press): Promise<string> {
  return open(press, await listOf(press, { storm: press.value, offset: 0 }))
}

/** `Next` and `Back` in the list. */
export async function turnPage(press: Press): Promise<string> {
  const memory = memoryOf(press.value)
  if (memory === null || press.view === null) return 'unknown'
  return redraw(press, press.view.id, memory)
}

/** `Acknowledge` beside a problem of the list. */
export async function acknowledgeListed(press: Press): Promise<string> {
  const kind = await acknowledge(press, false)
  const memory = memoryOf(press.view?.memory ?? '')
  if (press.view !== null && memory !== null) await redraw(press, press.view.id, memory)
  return kind
}

async function openStormForm(press: Press, scope: StormScope): Promise<string> {
  const { parts, acting, replyTo } = press
  const purpose = { action: 'acknowledge', problem: null } as const
  const looked = await parts.lookUp(acting, 'button', () => parts.storms.size(scope), purpose)
  if (looked.kind === 'refused')
    return open(press, sentenceView(refusalSentence(looked.refusal), 'Acknowledge all'))
  const { untaken } = looked.answer
  const nothing = sentenceView(NOTHING, 'Acknowledge all')
  return open(press, untaken === 0 ? nothing : stormForm(scope, untaken, replyTo))
}

async function listOf({ parts, acting }: Press, memory: ListMemory): Promise<ModalView> {
  const { storm, offset } = memory
  const looked = await parts.lookUp(acting, 'button', (_, visible) => {
    const { open: count } = parts.storms.size({ storm, monitor: null, host: null })
    const views = parts.storms.list(storm, offset, PAGE + 1)
    const here = views.slice(0, PAGE)
    const shown = here.filter(({ check, problem }) => visible({ check, state: problem.state }))
    return { count, page: { shown, count: here.length, hasNext: views.length > PAGE } }
  })
  if (looked.kind === 'refused') return sentenceView(refusalSentence(looked.refusal), 'Storm')
  return stormList(memory, looked.answer.page, looked.answer.count)
}

async function open({ parts, client, triggerId }: Press, view: ModalView): Promise<string> {
  try {
    await client.views.open({ trigger_id: triggerId, view })
    return 'form'
  } catch (error) {
    parts.log.warn({ err: error }, 'Slack did not open the form.')
    return FORM_NOT_OPENED
  }
}

async function redraw(press: Press, id: string, memory: ListMemory): Promise<string> {
  try {
    await press.client.views.update({ view_id: id, view: await listOf(press, memory) })
    return 'form'
  } catch (error) {
    press.parts.log.warn({ err: error }, 'Slack did not draw the list anew.')
    return 'form not drawn'
  }
}

function memoryOf(value: string): ListMemory | null {
  try {
    const { storm, offset } = JSON.parse(value) as { storm: unknown; offset: unknown }
    return typeof storm === 'string' && Number.isSafeInteger(offset) && (offset as number) >= 0
      ? { storm, offset: offset as number }
      : null
  } catch {
    return null
  }
}
