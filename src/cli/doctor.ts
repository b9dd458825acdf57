import { type Config, ConfigFault, type SlackConfig } from '../config/config.ts'
import { secretsOf, withoutSecrets } from '../config/secrets.ts'
import { examineAll, type Observation } from '../examine.ts'
import { systemClock } from '../system/clock.ts'
import { createLog } from '../system/log.ts'
import { EXIT, PLUGIN } from './exit.ts'
import { buildManifest } from './manifest.ts'
import { settings } from './settings.ts'

export type DoctorOptions = { readonly plugin?: boolean }

const PLAYGROUND =
  'Nothing is set for Slack: `ackbridge start` opens the playground, and there is nothing to be tried.'
/** Monitors cut the first line somewhere behind this. */
const PLUGIN_LINE_MAX_CHARS = 400
const SENTENCE_MAX_CHARS = 600
// Anything that a terminal would act on, what ends a line, and what turns the direction of writing.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** Tries everything that is configured and says what is not well. @returns the exit code */
export async function doctor({ plugin = false }: DoctorOptions): Promise<number> {
  if (plugin) return plug()
  const config = settings()
  const { slack } = config
  if (slack === null) {
    console.log(PLAYGROUND)
    return EXIT.done
  }
  const found = await tryAll({ ...config, slack }, false)
  for (const line of linesOf(found)) console.log(line)
  const troubles = found.filter(({ ok }) => !ok)
  console.log(
    troubles.length === 0 ? '\nAll is well.' : `\n${troubles.length} of ${found.length} need attention.`,
  )
  if (troubles.length === 0) return EXIT.done
  return troubles.every(({ mayPass }) => mayPass) ? EXIT.temporary : EXIT.wrong
}

/** The same as a plugin of a monitor that watches us: a line, details, and an exit code of its own. */
async function plug(): Promise<number> {
  try {
    const config = settings()
    const { slack } = config
    if (slack === null) return say('OK', PLAYGROUND, [])
    const found = await tryAll({ ...config, slack }, true)
    const troubles = found.filter(({ ok }) => !ok)
    if (troubles.length === 0) return say('OK', `${found.length} trials, all well`, linesOf(found))
    const worstFirst = [...troubles].sort((a, b) => Number(b.isGrave) - Number(a.isGrave))
    const summary = worstFirst.map(({ part, found: sentence }) => `${part}: ${sentence}`).join(' ')
    return say(worstFirst[0]?.isGrave ? 'CRITICAL' : 'WARNING', summary, linesOf(found))
  } catch (error) {
    if (error instanceof ConfigFault) {
      return say('UNKNOWN', `The configuration cannot be used. ${error.faults[0] ?? ''}`, error.faults)
    }
    return say('UNKNOWN', `doctor itself broke (${error instanceof Error ? error.name : typeof error})`, [])
  }
}

async function tryAll(
  config: Config & { readonly slack: SlackConfig },
  isServerExpected: boolean,
): Promise<readonly Observation[]> {
  const found = await examineAll({
    config,
    clock: systemClock,
    log: createLog('silent'),
    isServerExpected,
    scopes: scopesOfManifest(),
  })
  // What others answer may repeat what we sent them.
  const secrets = secretsOf(config)
  const clean = (text: string): string =>
    withoutSecrets(text, secrets).replace(CONTROLS, ' ').trim().slice(0, SENTENCE_MAX_CHARS)
  return found.map((one) => ({
    ...one,
    what: clean(one.what),
    found: clean(one.found),
    advice: one.advice === null ? null : clean(one.advice),
  }))
}

function scopesOfManifest(): readonly string[] {
  const { oauth_config } = buildManifest(null, false) as ReturnType<typeof buildManifest> & {
    readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
  }
  return oauth_config.scopes.bot
}

/** @returns a line for each, in columns */
function linesOf(found: readonly Observation[]): readonly string[] {
  const widthOf = (column: (one: Observation) => string): number =>
    Math.max(...found.map((one) => column(one).length))
  const [part, what] = [widthOf((one) => one.part), widthOf((one) => one.what)]
  return found.map((one) => {
    const advice = one.advice === null ? '' : ` → ${one.advice}`
    return `${one.ok ? 'ok    ' : 'FAILED'}  ${one.part.padEnd(part)}  ${one.what.padEnd(what)}  ${one.found}${advice}`
  })
}

/** Behind a bar a monitor would look for figures. */
function say(
  state: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN',
  summary: string,
  details: readonly string[],
): number {
  const text = (line: string): string => line.replace(CONTROLS, ' ').replaceAll('|', '/')
  const first = text(summary)
  const cut = first.length > PLUGIN_LINE_MAX_CHARS ? `${first.slice(0, PLUGIN_LINE_MAX_CHARS - 1)}…` : first
  console.log([`ACKBRIDGE ${state} - ${cut}`, ...details.map(text)].join('\n'))
  return PLUGIN[state.toLowerCase() as Lowercase<typeof state>]
}
