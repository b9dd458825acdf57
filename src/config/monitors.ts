import { suggest } from '../core/suggest.ts'
import type { CommonSettings, ConfigSchema } from '../monitors/config.ts'
import type { MonitorConfig } from './config.ts'
import { check, type Wrong } from './word-issue.ts'

/** What the configuration of each kind of monitor takes, by the kind's name. */
export type Kinds = ReadonlyMap<string, ConfigSchema>

/** A name stands in addresses, in the log and in messages. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
/** What does not look like a kind's name is not repeated: it may be something else that slipped. */
const KIND = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Reads the section `monitors`, each by the schema of its kind.
 *
 * @returns those that are well, and what is wrong with the others
 */
export function readMonitors(
  section: unknown,
  kinds: Kinds,
): { monitors: readonly MonitorConfig[]; wrong: readonly Wrong[] } {
  if (section === undefined) return { monitors: [], wrong: [] }
  if (!isSection(section)) {
    const says =
      section === null
        ? 'has nothing in it. Fill it in, or remove the line'
        : 'has to be a section with a name for each monitor'
    return { monitors: [], wrong: [{ path: ['monitors'], says, isUnknownKey: false }] }
  }
  const read = Object.entries(section).map(([name, given]) => readMonitor(name, given, kinds))
  return {
    monitors: read.flatMap((one) => ('monitor' in one ? [one.monitor] : [])),
    wrong: read.flatMap((one) => ('wrong' in one ? one.wrong : [])),
  }
}

function readMonitor(
  name: string,
  given: unknown,
  kinds: Kinds,
): { monitor: MonitorConfig } | { wrong: readonly Wrong[] } {
  const path = ['monitors', name]
  const wrong: Wrong[] = []
  if (!NAME.test(name)) {
    const says = 'a name has to be made of letters, digits, dot, dash and underscore, at most 63'
    wrong.push({ path, says, isUnknownKey: false })
  }
  if (!isSection(given)) {
    const says = `has to be a section such as { kind: ${[...kinds.keys()][0]} }`
    return { wrong: [...wrong, { path, says, isUnknownKey: false }] }
  }
  const kind = kindOf(given, path, kinds)
  if ('wrong' in kind) return { wrong: [...wrong, kind.wrong] }
  if (kinds.has(name) && name !== kind.name) {
    const says = `is called like the kind ${name}, but is of kind ${kind.name}. Give it another name`
    wrong.push({ path, says, isUnknownKey: false })
  }
  const checked = check(kind.schema, given, path)
  if ('wrong' in checked) return { wrong: [...wrong, ...checked.wrong] }
  if (wrong.length > 0) return { wrong }
  const settings = checked.value as CommonSettings & Readonly<Record<string, unknown>>
  return { monitor: { name, kind: kind.name, settings } }
}

function kindOf(
  given: Readonly<Record<string, unknown>>,
  path: readonly string[],
  kinds: Kinds,
): { name: string; schema: ConfigSchema } | { wrong: Wrong } {
  const name = given['kind']
  const known = `Known are ${[...kinds.keys()].join(', ')}`
  if (name === undefined) {
    const meant = Object.keys(given).find((key) => suggest(key, ['kind']).length > 0)
    if (meant !== undefined)
      return {
        wrong: { path: [...path, meant], says: 'is not known. Did you mean kind?', isUnknownKey: true },
      }
    return { wrong: { path: [...path, 'kind'], says: `is required. ${known}`, isUnknownKey: false } }
  }
  const schema = typeof name === 'string' ? kinds.get(name) : undefined
  if (typeof name === 'string' && schema !== undefined) return { name, schema }
  const asked = typeof name === 'string' && KIND.test(name) ? name : null
  const [near] = asked === null ? [] : suggest(asked, [...kinds.keys()])
  const meant = near === undefined ? '' : ` Did you mean ${near}?`
  const says = `there is no kind ${asked ?? 'of that name'}.${meant} ${known}`
  return { wrong: { path: [...path, 'kind'], says, isUnknownKey: false } }
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
