import type { Message, Playground } from '../../../src/playground/server.ts'
import { textOf } from '../text-of.ts'
import { pause } from './bad-day.ts'
import type { Chance } from './chance.ts'
import type { Watched } from './load.ts'

/*
 * People who take problems, by button, by command, and a whole storm at once; and what they were answered.
 */

/** Something that a person was told is done. */
export type Claim =
  | { readonly what: 'button'; readonly problem: string; readonly by: string }
  | { readonly what: 'command'; readonly host: string; readonly service: string | null; readonly by: string }
  | { readonly what: 'storm'; readonly problems: readonly string[]; readonly by: string }

export type People = {
  readonly claims: readonly Claim[]
  nextLife(): void
  end(): Promise<void>
}

export type PeopleOptions = {
  readonly playground: Playground
  readonly watched: readonly Watched[]
  readonly isUp: () => boolean
  /** Problems of a storm that nobody has. */
  readonly untaken: (storm: string) => readonly string[]
  readonly chance: Chance
  /** What they do in a life. */
  readonly acts: number
  readonly pauseMs: number
}

const PERSONS = ['ann', 'ben', 'admin'] as const

export function startPeople({
  playground,
  watched,
  isUp,
  untaken,
  chance,
  acts,
  pauseMs,
}: PeopleOptions): People {
  const claims: Claim[] = []
  let over = false
  let left = 0
  let words = 0
  const channels = Object.values(playground.channels)
  const withButton = (text: string): Message[] =>
    channels
      .flatMap((channel) => playground.workspace.messages(channel))
      .filter((message) => buttonIn(message, text) !== null)

  async function press(by: string): Promise<void> {
    const cards = withButton('Acknowledge')
    if (cards.length === 0) return
    const card = chance.one(cards)
    const problem = buttonIn(card, 'Acknowledge') ?? ''
    const { channel, ts } = card
    const answer = await playground.as(by).click({ channel, ts }, { text: 'Acknowledge' })
    if (answer.status === 200) claims.push({ what: 'button', problem, by })
  }

  async function command(by: string): Promise<void> {
    const open = watched.filter(({ state, isEvent }) => state !== null && !isEvent)
    if (open.length === 0) return
    const { host, service, monitor } = chance.one(open)
    const answer = await playground
      .as(by)
      .command(`/ack ${monitor}/${host}${service === null ? '' : ` ${service}`} seen ${++words}`)
    // Who names a host that is up again meanwhile takes the one service of it that is open, and is told so.
    const said = textOf(answer.body)
    if (answer.status !== 200 || !said.startsWith('You have')) return
    const [, name = said, part = null] = /^You have (\S+?)(?: \/ (\S+?))?(?: already)?\. /.exec(said) ?? []
    claims.push({ what: 'command', host: name, service: part, by })
  }

  async function takeStorm(by: string): Promise<void> {
    const cards = withButton('Acknowledge all…')
    if (cards.length === 0) return command(by)
    const card = chance.one(cards)
    const { channel, ts } = card
    await playground.as(by).click({ channel, ts }, { text: 'Acknowledge all…' })
    const view = playground.workspace.views(playground.people[by as 'ann']).at(-1)
    if (view === undefined) return
    const problems = untaken(buttonIn(card, 'Acknowledge all…') ?? '')
    const answer = await playground.as(by).submit(view.id, {})
    const shown = textOf(playground.workspace.views(playground.people[by as 'ann']).at(-1))
    if (answer.status === 200 && shown.includes('You are taking'))
      claims.push({ what: 'storm', problems, by })
    playground.workspace.stacks.delete(playground.people[by as 'ann'])
  }

  const acting = (async () => {
    while (!over) {
      await pause(chance.number(pauseMs))
      if (left === 0 || !isUp()) continue
      left--
      const by = chance.one(PERSONS)
      const act = chance.number(1) < 0.6 ? press : chance.is(0.6) ? command : takeStorm
      // What is gone from the screen meanwhile is not there to be pressed.
      await act(by).catch(() => undefined)
    }
  })()
  return {
    claims,
    nextLife: () => {
      left = acts
    },
    end: async () => {
      over = true
      await acting
    },
  }
}

/** @returns the value of the button of this name in a message, null when there is none */
export function buttonIn(message: Message, text: string): string | null {
  const blocks = [
    ...message.blocks,
    ...message.attachments.flatMap((one) => (one['blocks'] ?? []) as typeof message.blocks),
  ]
  for (const block of blocks) {
    for (const element of (block['elements'] ?? []) as Record<string, unknown>[]) {
      const label = (element['text'] as { text?: string } | undefined)?.text
      if (element['type'] === 'button' && label === text) return String(element['value'])
    }
  }
  return null
}
