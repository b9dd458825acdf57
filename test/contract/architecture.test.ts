import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/*
 * The import rules of the house, read from every import in src. What is not allowed here is forbidden.
 */

/** Part of the house → parts it may import, besides itself. A monitor's folder is a part of its own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  flows: ['core'],
  'monitors/config': [],
  'monitors/monitor': ['core', 'monitors/config'],
  'monitors/shared': ['core', 'monitors/config', 'monitors/monitor'],
  'monitors/<kind>': ['core', 'monitors/config', 'monitors/monitor', 'monitors/shared'],
  'monitors/registry': ['monitors/monitor', 'monitors/<kind>'],
  'store/open': ['core', 'store/<engine>'],
  'store/<engine>': ['core'],
  delivery: ['core'],
  slack: ['core', 'flows'],
  http: ['core', 'flows', 'monitors/monitor'],
  config: ['core', 'monitors/config'],
  system: ['core'],
  playground: [],
  cli: [
    'app',
    'config',
    'core',
    'examine',
    'monitors/registry',
    'playground',
    'store/open',
    'system',
    'try-payload',
  ],
  'cli/notify': [],
  app: [
    'config',
    'core',
    'delivery',
    'flows',
    'http',
    'monitors/monitor',
    'monitors/registry',
    'slack',
    'store/open',
    'system',
  ],
  // Composes what `doctor` tries, as `app` composes what runs: without delivery and without a server of its own.
  examine: [
    'config',
    'core',
    'flows',
    'monitors/monitor',
    'monitors/registry',
    'slack',
    'store/open',
    'system',
  ],
  // Composes what `check-config --try` tries: a monitor's intake, and nothing else.
  'try-payload': ['config', 'core', 'http', 'monitors/monitor', 'monitors/registry'],
  main: ['cli', 'cli/notify'],
}

/** Packages → parts that may use them. */
const PACKAGES: readonly (readonly [name: RegExp, parts: readonly string[]])[] = [
  [/^@slack\//, ['slack']],
  [/^(chrono-node|luxon)$/, ['slack']],
  [/^undici$/, ['slack', 'monitors/shared']],
  [/^better-sqlite3$/, ['store/<engine>']],
  [/^zod$/, ['config', 'monitors/config', 'monitors/<kind>']],
  [/^yaml$/, ['config', 'cli']],
  [/^commander$/, ['cli']],
  [/^prom-client$/, ['http']],
  [/^pino$/, ['system']],
  [/^ws$/, ['playground']],
]

/** What only some parts may do at all: everybody else gets time, chance and the environment handed in. */
const POWERS: readonly (readonly [power: string, pattern: RegExp, parts: readonly string[]])[] = [
  ['the clock', /\bDate\.now\(|\bperformance\.now\(/, ['system', 'cli', 'cli/notify', 'playground']],
  [
    'timers',
    /\bset(Timeout|Interval)\(/,
    ['system', 'cli/notify', 'playground', 'store/<engine>/checkpoint-worker'],
  ],
  ['randomness', /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, ['system', 'cli/notify', 'playground']],
  ['the environment', /\bprocess\.env\b/, ['config/env', 'cli/notify', 'main']],
  ['the console', /\bconsole\./, ['cli', 'cli/notify']],
]

type File = {
  readonly path: string
  readonly part: string
  readonly code: string
  readonly imports: readonly string[]
}

const files: readonly File[] = globSync('src/**/*.ts')
  .filter((path) => !path.endsWith('.test.ts') && !path.includes('/fixtures/'))
  .map((path) => {
    const code = readFileSync(path, 'utf8')
    const imports = [...code.matchAll(/\b(?:from |import\(?)\s*'([^'\s]+)'/g)].map(([, name]) => name ?? '')
    return { path, part: partOf(path), code: withoutComments(code), imports }
  })

function partOf(path: string): string {
  const [top = '', second = '', third] = path.replace(/^src\//, '').split('/')
  const file = (name: string): string => name.replace(/\.ts$/, '')
  if (second === '') return file(top)
  if (top === 'cli') return second === 'notify' ? 'cli/notify' : 'cli'
  if (top === 'monitors') {
    if (third === undefined) return `monitors/${file(second)}`
    return second === 'shared' ? 'monitors/shared' : 'monitors/<kind>'
  }
  if (top === 'store') return third === undefined ? `store/${file(second)}` : 'store/<engine>'
  return top
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

function mayUse(file: File, parts: readonly string[]): boolean {
  const own = file.path
    .replace(/^src\//, '')
    .replace(/\.ts$/, '')
    .replace(/^store\/[^/]+\//, 'store/<engine>/')
  return parts.includes(file.part) || parts.includes(own)
}

describe('the house', () => {
  it('has a rule for every part', () => {
    expect([...new Set(files.map(({ part }) => part))].filter((part) => !(part in ALLOWED))).toEqual([])
  })

  it('imports nothing that is not allowed', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((name) => name.startsWith('.'))
        .map((name) => normalize(join(dirname(file.path), name)))
        .filter((target) => {
          const part = partOf(target)
          const sibling = part === file.part && part.includes('<') && folderOf(target) !== folderOf(file.path)
          return sibling || (part !== file.part && !(ALLOWED[file.part] ?? []).includes(part))
        })
        .map((target) => `${file.path} → ${target}`),
    )

    expect(wrong).toEqual([])
  })

  it('uses a package only where it belongs', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .filter((name) => !PACKAGES.some(([pattern, parts]) => pattern.test(name) && mayUse(file, parts)))
        .map((name) => `${file.path} → ${name}`),
    )

    expect(wrong).toEqual([])
  })

  it('keeps zod to schemas and configuration', () => {
    const wrong = files.filter(
      ({ path, imports }) =>
        imports.includes('zod') && !/\/(schema|config)\.ts$/.test(path) && !path.startsWith('src/config/'),
    )

    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('keeps the core free of the outside', () => {
    const wrong = files.filter(
      ({ part, imports }) => part === 'core' && imports.some((name) => !name.startsWith('.')),
    )

    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it.each(POWERS)('hands in %s', (_, pattern, parts) => {
    const wrong = files.filter((file) => pattern.test(file.code) && !mayUse(file, parts))

    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('sees the violations it is there for', () => {
    expect(partOf('src/monitors/nagios/notify.ts')).toBe('monitors/<kind>')
    expect(partOf('src/store/sqlite/open.ts')).toBe('store/<engine>')
    expect(ALLOWED['slack']).not.toContain('store/open')
    expect(files.length).toBeGreaterThan(80)
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(300)
  })

  it('lets files and functions stay small enough to read', () => {
    const long = files.filter(({ code, path }) => code.split('\n').length > 400 && !path.includes('/page/'))

    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('names files after what is in them, never utils, helpers, common or types', () => {
    expect(files.filter(({ path }) => /\/(utils?|helpers?|common|types)\.ts$/.test(path))).toEqual([])
  })
})

function folderOf(path: string): string {
  return path.split('/').slice(0, 3).join('/')
}
