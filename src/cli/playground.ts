import { join } from 'node:path'
import type { SlackConfig } from '../config/config.ts'
import { runScenario } from '../playground/scenario.ts'
import { type Command, startPlayground } from '../playground/server.ts'
import { buildManifest } from './manifest.ts'

export type OpenPlayground = {
  readonly url: string
  readonly slack: SlackConfig
  readonly channel: string
  /** Tells the workspace where the app is, and makes the first card appear. */
  connect(port: number, key: string): void
  close(): Promise<void>
}

/** Opens the stand-in workspace. It keeps its messages beside its database. */
export async function openPlayground(): Promise<OpenPlayground> {
  const commands: Command[] = buildManifest(null, true).features.slash_commands.map(
    ({ command, description, usage_hint = '' }) => ({
      command,
      description,
      usageHint: usage_hint,
    }),
  )
  const playground = await startPlayground({ commands, stateFile: join('data', 'playground-workspace.json') })
  return {
    url: playground.url,
    slack: {
      botToken: playground.botToken,
      signingSecret: playground.signingSecret,
      appToken: null,
      apiUrl: playground.apiUrl,
    },
    channel: playground.channels.alerts,
    connect: (port, key) => {
      const base = `http://127.0.0.1:${port}`
      playground.connect({ requestUrl: `${base}/slack/events`, notifyUrl: `${base}/notify`, notifyKey: key })
      runScenario(playground).catch((error: unknown) =>
        console.error('The scenario stopped:', error instanceof Error ? error.message : error),
      )
    },
    close: () => playground.close(),
  }
}
