import { describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * Text from outside is text: it calls nobody, links nowhere, formats nothing, and Slack takes it. The world itself fails a
 * test in which a message calls people or Slack refuses a call.
 */

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a call for the channel', '<!channel> <!here|x> <!everyone> @channel @here @everyone'],
  ['a call for people and groups', '<@U0PGBEN0002> <!subteam^S0PGOPS0001> @ben'],
  ['links', '<http://evil.example|click> https://evil.example/a?b=<c> evil.example mailto:a@b.example'],
  ['a date that links', '<!date^1^{date}^https://evil.example|x>'],
  ['entities', '&lt;!channel&gt; &amp;lt;!here&amp;gt;'],
  ['formatting', '*bold* _it_ ~no~ `code` ```block``` > quote'],
  ['fences', '```\n```\n<!channel>\n```'],
  ['emoji words', ':rotating_light: :+1::skin-tone-2:'],
  ['100 kB of one line', 'x'.repeat(100_000)],
  ['100 kB of lines', 'line\n'.repeat(20_000)],
  ['100 kB of brackets', '<!channel>'.repeat(10_000)],
  ['100 kB of ampersands', '&'.repeat(100_000)],
  ['surrogates without a half', 'a\ud83d b\udca9 c \ud83d\ude00'],
  ['emoji at every cut', '😀'.repeat(5_000)],
  ['control characters', 'a\u0000b\u0007c\u001b[31md\u007fe\u0085f\r\ng\rh'],
  ['right-to-left marks', '\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff'],
  ['line separators', 'a\u2028b\u2029c'],
  ['only blanks', ' \n\t \n'],
  ['nothing', ''],
  ['JSON', '{"type":"mrkdwn","text":"<!channel>"}'],
]

async function quiet(world: World): Promise<void> {
  await world.advance(15_000)
  for (const message of [
    ...world.messages(),
    ...world
      .messages()
      .flatMap((card) => world.playground.workspace.messages(card.channel, { threadTs: card.ts })),
  ]) {
    expect({ text: message.text, mentions: message.mentions, links: message.links }).toEqual({
      text: message.text,
      mentions: [],
      links: [],
    })
    expect(message.text.replaceAll(/&(amp|lt|gt);/g, '.').length).toBeLessThanOrEqual(150)
  }
  for (const who of ['ann', 'ben'] as const) {
    for (const { mentions, links, isFromSlack } of world.playground.workspace.ephemerals(
      world.playground.people[who],
    ))
      expect({ mentions, links, isFromSlack }).toEqual({ mentions: [], links: [], isFromSlack: false })
  }
}

describe.each(HOSTILE)('%s', (_name, text) => {
  it('in all that a monitor says, is harmless from the first card to the last line', async () => {
    const world = await startWorld()
    // A body may be 1 MiB, a name 1 KiB.
    const name = text.slice(0, 900).toWellFormed()
    const said = {
      host: `h ${name}`,
      service: `s ${name}`,
      hostDisplayName: `d ${name}`,
      output: text.slice(0, 60_000),
      longOutput: text.slice(0, 60_000),
      author: `a ${name}`,
      comment: text.slice(0, 60_000),
      address: name,
      labels: { [`l ${name}`.slice(0, 250)]: name, other: name },
      fields: [{ label: name.slice(0, 250) || 'x', value: name }],
    }

    expect((await world.notify({ ...said, state: 'WARNING' })).body).toMatchObject({ accepted: 1 })
    await quiet(world)
    await world.notify({ ...said, state: 'CRITICAL' })
    await world.as('ann').click('Acknowledge…', world.messages()[0])
    await world.notify({ ...said, type: 'ACKNOWLEDGEMENT', state: 'CRITICAL' })
    await world.notify({ ...said, type: 'CUSTOM', state: 'CRITICAL' })
    await world.notify({ ...said, type: 'DOWNTIMESTART', state: 'CRITICAL' })
    await quiet(world)
    await world.as('ann').click('Remove acknowledgement', world.messages()[0])
    await world.as('ann').types('/problems')
    await world.as('ann').types('/ack')
    await world.notify({ ...said, state: 'OK' })
    await quiet(world)

    expect(textOf(world.messages()[0])).toContain('Recovered')
    expect(await world.record({ kinds: ['delivery'] })).toMatchObject([{ outcome: 'posted' }])
  })

  it('typed by a person, is harmless in the answer, on the card and in the thread', async () => {
    const world = await startWorld()
    await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'x' })
    const typed = text.slice(0, 3_500).toWellFormed()

    for (const line of [`/ack ${typed}`, `/unack ${typed}`, `/history ${typed}`, `/problems ${typed}`])
      expect(await world.as('ben').types(line)).not.toContain('status 5')
    await world.as('ann').types('/unack web01')
    await world.as('ann').types(`/ack web01 HTTP ok ${typed}`)
    await world.as('ben').types('/ack web01 HTTP')
    await world.as('ben').types('/history web01 HTTP')
    await world.as('ben').types('/problems')
    await quiet(world)

    expect(textOf(world.card())).toContain('ann has it since')
  })
})

it('the name of a person is text too', async () => {
  const world = await startWorld()
  world.playground.setUser(world.playground.people.ann, {
    name: '<!channel> *x*',
    realName: '<@U0PGBEN0002>',
  })
  await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'x' })

  await world.as('ann').click('Acknowledge')
  await world.as('ben').types('/ack web01 HTTP')
  await world.as('ben').types('/history web01')
  await world.as('ben').types('/problems')
  await quiet(world)

  expect(textOf(world.card())).toContain('<!channel> *x* has it since')
})

it('what is long is in the thread, and on the card as much as a phone shows', async () => {
  const world = await startWorld()
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`)

  await world.notify({
    host: 'web01',
    service: 'Log',
    state: 'CRITICAL',
    output: lines[0],
    longOutput: lines.slice(1).join('\n'),
  })
  await world.advance(5_000)

  expect(textOf(world.card())).toContain('line 2')
  expect(textOf(world.card())).not.toContain('line 3')
  expect(world.thread()[0]).toContain('line 39')
})

it('a full list of long and hostile names, and a full history of them, still fit into an answer', async () => {
  const world = await startWorld()
  const many = Array.from({ length: 25 }, (_, at) => ({
    host: 'web01',
    service: `${at} ${'&<*_`'.repeat(50)}`,
    serviceDisplayName: `${at} ${'&<*_`'.repeat(49)}`,
    state: 'CRITICAL',
    output: '&<>*'.repeat(500),
  }))
  await world.notify(many)

  for (const line of ['/problems', '/ack web01', '/ack *', '/history web01']) {
    const answer = await world.as('ben').types(line)
    expect(answer).toContain('∗')
    expect(answer).not.toContain('failed')
  }
  await world.as('ben').types('/ack')
  expect(world.playground.workspace.views(world.playground.people.ben)).toHaveLength(1)
  await world.advance(60_000)
  await quiet(world)
})
