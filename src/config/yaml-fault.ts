import { type Document, type LineCounter, visit, type YAMLError } from 'yaml'

/*
 * The parser's own sentences may repeat the text they are about, and that may be a password. These do not.
 */

const SENTENCES: { readonly [code in YAMLError['code']]?: string } = {
  TAB_AS_INDENT: 'A tab stands where YAML takes blanks only.',
  BAD_INDENT: 'This is indented more or less than what it belongs to.',
  BAD_SCALAR_START: 'A value that begins with @, % or ` has to stand in quotes.',
  BAD_DQ_ESCAPE: 'A backslash in double quotes begins something that YAML does not know. Use single quotes.',
  BAD_ALIAS: 'A value that begins with * has to stand in quotes, or to name an anchor from above.',
  BLOCK_AS_IMPLICIT_KEY:
    'Two keys stand in one line, or the next line is indented too far. A value that contains ": " has to stand in quotes.',
  MULTILINE_IMPLICIT_KEY: 'A colon is missing here, or a quote is not closed.',
  MISSING_CHAR: 'A quote, bracket, comma or colon is missing here or above.',
  BLOCK_IN_FLOW: 'A bracket is not closed here or above.',
  BAD_COLLECTION_TYPE: 'What stands here does not go with its tag (!…).',
  NON_STRING_KEY: 'A key has to be a text.',
  MULTIPLE_DOCS: 'A second document begins here (---). One is taken.',
  TAG_RESOLVE_FAILED: 'A value that begins with ! has to stand in quotes.',
  BAD_DIRECTIVE: 'A line that begins with % means something else in YAML. Put the value in quotes.',
}

/**
 * Everything that is wrong with the YAML itself. One mistake makes the parser complain several times about the same
 * line; the first is the one to read.
 *
 * @returns sentences by line
 */
export function yamlFaults(
  document: Document,
  text: string,
  lines: LineCounter,
): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  const add = (offset: number, sentence: string): void => {
    const { line } = lines.linePos(offset)
    if (!found.has(line)) found.set(line, sentence)
  }
  for (const error of [...document.errors, ...document.warnings])
    add(error.pos[0], wordYamlError(error, text))
  visit(document, {
    Alias: (_key, node, path) => {
      // One that leads into itself has no end.
      const to = node.resolve(document)
      if (to === undefined || path.includes(to)) add(node.range?.[0] ?? 0, SENTENCES.BAD_ALIAS ?? '')
    },
  })
  return found
}

/** @returns what is wrong at `error`, in a sentence that repeats no value */
function wordYamlError({ code, message, pos: [offset] }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^["']?([A-Za-z0-9_.-]{1,64})/.exec(text.slice(offset))?.[1]
    return `${key ?? 'A key'} stands twice in the same section. Remove one of them.`
  }
  if (lineAround(text, offset).includes('${'))
    return 'Inside { } and [ ], what takes its value from the environment has to stand in quotes.'
  if (/^Flow (map|sequence)/.test(message)) return 'A bracket is not closed here or above.'
  return SENTENCES[code] ?? 'This is no YAML.'
}

function lineAround(text: string, offset: number): string {
  const begin = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const end = text.indexOf('\n', offset)
  return text.slice(begin, end < 0 ? undefined : end)
}
