import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { buildManifest } from '../../src/cli/manifest.ts'

const schema = JSON.parse(
  readFileSync(new URL('./slack-schema/manifest.schema.1.0.0.json', import.meta.url), 'utf8'),
)
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)

/** Commands that Slack answers itself; an app that declares one is refused. https://slack.com/help/articles/201259356 */
const RESERVED = [
  'active',
  'apps',
  'archive',
  'away',
  'call',
  'canvas',
  'collapse',
  'dm',
  'dnd',
  'expand',
  'feed',
  'feedback',
  'focus',
  'huddle',
  'invite',
  'invite_people',
  'join',
  'kick',
  'leave',
  'me',
  'msg',
  'mute',
  'open',
  'part',
  'people',
  'prefs',
  'remind',
  'remove',
  'rename',
  'search',
  'shortcuts',
  'shrug',
  'star',
  'status',
  'tableflip',
  'topic',
  'unarchive',
  'unmute',
  'who',
]

const commandsOf = (manifest: ReturnType<typeof buildManifest>): string[] =>
  manifest.features.slash_commands.map(({ command }) => command)

describe('the app manifest', () => {
  it.each([
    ['Socket Mode', null, false],
    ['HTTP mode', 'https://ackbridge.example.com', false],
    ['Socket Mode with /status', null, true],
    ['HTTP mode with /status', 'https://ackbridge.example.com/', true],
  ] as const)('is valid by Slack’s schema: %s', (_, url, withStatus) => {
    validate(buildManifest(url, withStatus))

    expect(validate.errors).toBeNull()
  })

  it('would be refused by the schema with a key it does not know', () => {
    validate({ ...buildManifest(null, false), extra: true })

    expect(validate.errors).not.toBeNull()
  })

  it('declares no command that Slack keeps for itself', () => {
    const taken = commandsOf(buildManifest(null, false)).filter((command) =>
      RESERVED.includes(command.slice(1)),
    )

    expect(taken).toEqual([])
  })

  it('declares /status only when asked to', () => {
    expect(commandsOf(buildManifest(null, false))).not.toContain('/status')
    expect(commandsOf(buildManifest(null, true))).toContain('/status')
  })

  it('names the address in HTTP mode everywhere, and nowhere in Socket Mode', () => {
    const http = buildManifest('https://ackbridge.example.com/', true)
    const socket = buildManifest(null, true)

    expect(http.features.slash_commands.map(({ url }) => url)).toEqual(
      http.features.slash_commands.map(() => 'https://ackbridge.example.com/slack/events'),
    )
    expect(http.settings).toMatchObject({
      socket_mode_enabled: false,
      interactivity: { request_url: 'https://ackbridge.example.com/slack/events' },
    })
    expect(JSON.stringify(socket)).not.toContain('url')
    expect(socket.settings.socket_mode_enabled).toBe(true)
  })
})
