import { withoutMarker } from '../../core/marker.ts'

/*
 * What people write goes into a line that the monitor splits at semicolons and ends at line breaks, and from there, as a
 * macro, into the command lines of other notification commands, which a shell reads. So whatever any of these takes for its
 * own goes out here: `$NOTIFICATIONAUTHOR$` and `$NOTIFICATIONCOMMENT$` are not among the macros that the monitor cleans
 * (NagiosEnterprises/nagioscore:common/macros.c).
 */

/** Bytes of a name that are kept. */
const AUTHOR_MAX_BYTES = 200
/** Stands where a person's name holds nothing that may be written; an empty author is refused by the monitor. */
const NAMELESS = 'ackbridge'

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
// The backslash also because naemon-livestatus makes a line break of \n.
const SHELL = /[`~$&|'"<>\\]/g

/** How words are written. `ascii`: for a reader that shows everything else as an empty text. */
export type Spelling = 'utf8' | 'ascii'

/** @returns one line that neither the monitor nor a shell takes for anything but text; may be empty */
export function harmless(text: string, spelling: Spelling): string {
  const parted = text.toWellFormed().replace(CONTROLS, ' ')
  // Spelled before the rest goes: a compatible form, such as a wide semicolon, only then becomes what has to go.
  const cleaned = (spelling === 'ascii' ? toAscii(parted) : parted)
    .replace(SHELL, '')
    .replaceAll(';', ',')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return withoutMarker(cleaned) ?? ''
}

/** @returns the person's name as it is written into the monitor, never empty */
export function harmlessAuthor(author: string, spelling: Spelling): string {
  const name = cutBytes(harmless(author, spelling), AUTHOR_MAX_BYTES)
  if (name !== '') return name
  // A name of another script has no ASCII form. As it is, it reads back as nothing, but whoever looks into the monitor's
  // own pages sees whose it is.
  return cutBytes(harmless(author, 'utf8'), AUTHOR_MAX_BYTES) || NAMELESS
}

function cutBytes(text: string, maxBytes: number): string {
  let cut = text.slice(0, maxBytes)
  while (Buffer.byteLength(cut) > maxBytes) cut = cut.slice(0, -1)
  return (cut.isWellFormed() ? cut : cut.slice(0, -1)).trim()
}

/** Letters that do not come apart into a base and an accent. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ł: 'l',
  Ł: 'L',
  ħ: 'h',
  Ħ: 'H',
  ı: 'i',
  ŋ: 'ng',
  '–': '-',
  '—': '-',
  '‐': '-',
  '‑': '-',
  '−': '-',
  '→': '->',
  '×': 'x',
  '€': 'EUR',
}
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

/** @returns the text in letters without accents; what has no such form is left out */
function toAscii(text: string): string {
  return text
    .replace(LETTER, (letter) => LETTERS[letter] ?? '')
    .normalize('NFKD')
    .replace(LETTER, (letter) => LETTERS[letter] ?? '')
    .replaceAll(/[^\u0000-\u007f]/g, '')
}
