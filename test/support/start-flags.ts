import { readFileSync } from 'node:fs'

/** @returns what `npm start` gives to node before the program: servers that are measured are started as users start theirs */
export function startFlags(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly scripts: { readonly start: string }
  }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}
