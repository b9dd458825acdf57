import { Failure } from '../../core/failure.ts'
import type { Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'
import type { Names } from './command-line.ts'

/** By what an order goes out. */
export type Way = 'command file' | 'livestatus'

/** What ends a line somewhere on the way, and what decoding leaves of bytes that are no UTF-8. */
const NEVER_IN_A_NAME = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/

/**
 * Names go out exactly as the monitor has them or not at all: a name that was made to fit is the name of something else.
 *
 * @returns host and service of a check
 * @throws Failure `never` when no command can name it
 */
export function namesForCommand({ key }: Target, monitor: string, way: Way): Names {
  const names = namesOfKey(key)
  const all = names.service === null ? [names.host] : [names.host, names.service]
  const elsewhere = `Do this in ${monitor} itself.`
  if (!canBeAsked(names) || all.some((name) => name.includes(';'))) {
    throw refused(
      `The name of this check holds a semicolon or a control character, so no command can name it. ${elsewhere}`,
    )
  }
  if (way === 'livestatus' && all.some((name) => name.includes('\\n'))) {
    throw refused(
      `The name of this check holds a backslash before an n, which Livestatus takes for the end of a line. ${elsewhere}`,
    )
  }
  return names
}

/** @returns true when the names can stand in a line of a question */
export function canBeAsked({ host, service }: Names): boolean {
  return [host, ...(service === null ? [] : [service])].every(
    (name) => name !== '' && name === name.trim() && name.isWellFormed() && !NEVER_IN_A_NAME.test(name),
  )
}

function refused(sentence: string): Failure {
  return new Failure('invalid', { kind: 'never' }, sentence)
}
