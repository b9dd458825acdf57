import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { EXIT } from './exit.ts'

export type ManifestOptions = {
  readonly url?: string
  readonly socketMode?: boolean
  readonly withStatus?: boolean
}

type Command = {
  command: string
  description: string
  usage_hint?: string
  should_escape: boolean
  url?: string
}
type Manifest = {
  features: { slash_commands: Command[] }
  settings: { interactivity: { is_enabled: boolean; request_url?: string }; socket_mode_enabled: boolean }
}

const FILE = join(import.meta.dirname, '..', '..', 'manifest.yml')
const STATUS: Command = {
  command: '/status',
  description: 'What is open',
  usage_hint: '[host] [unacked|critical|warning|down|mine]',
  should_escape: false,
}

/**
 * The app's manifest for a transport. The file in the repository is for Socket Mode.
 *
 * @param url public address for HTTP mode; null for Socket Mode
 */
export function buildManifest(url: string | null, withStatus: boolean): Manifest {
  const manifest = parse(readFileSync(FILE, 'utf8')) as Manifest
  const { features, settings } = manifest
  if (withStatus) features.slash_commands.push({ ...STATUS })
  if (url !== null) {
    const requestUrl = `${url.replace(/\/+$/, '')}/slack/events`
    settings.socket_mode_enabled = false
    settings.interactivity.request_url = requestUrl
    for (const command of features.slash_commands) command.url = requestUrl
  }
  return manifest
}

/** Prints the manifest as YAML, to be pasted where Slack asks for one. */
export function manifest({ url, socketMode = false, withStatus = false }: ManifestOptions): number {
  if ((url === undefined) === !socketMode) {
    console.error(
      'Say which way Slack reaches us: --url https://ackbridge.example.com (HTTP mode) or --socket-mode.',
    )
    return EXIT.wrong
  }
  if (url !== undefined && !/^https:\/\/[^\s/]+/.test(url)) {
    console.error('--url has to be a public https address, such as https://ackbridge.example.com.')
    return EXIT.wrong
  }
  process.stdout.write(stringify(buildManifest(url ?? null, withStatus), { lineWidth: 0 }))
  return EXIT.done
}
