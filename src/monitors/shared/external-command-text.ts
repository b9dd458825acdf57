/*
 * Text that becomes part of an external command of the Nagios family: one line, fields between semicolons. What a person
 * writes must neither begin another command nor shift the fields. It also must not reach a shell: with notify=1 the
 * monitor hands author and comment to its notification commands ($NOTIFICATIONAUTHOR$, $NOTIFICATIONCOMMENT$) without
 * removing anything, and runs those through /bin/sh (NagiosEnterprises/nagioscore:common/macros.c,
 * naemon/naemon-core:src/naemon/macros.c and lib/runcmd.c).
 */

/** Controls of both sets, and the separators that some programs take for the end of a line. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
/** Separates the fields of a command. */
const SEPARATOR = /;/g
/** What a shell, or a broker that turns \n into a new line, reads as more than text. */
const SHELL = /[`~$&|'"<>\\]/g
/** Stands where nothing else is left. */
const LAST_RESORT = 'ackbridge'

/**
 * Makes an author or a comment harmless in an external command. Our marks pass it unchanged.
 *
 * @param instead what is returned, cleaned too, when nothing is left of `text`; a monitor drops a command with an empty field
 * @returns one line, well-formed and not empty, without control characters, semicolons and ` ~ $ & | ' " < > \
 */
export function cleanCommandText(text: string, instead: string = LAST_RESORT): string {
  return clean(text) || clean(instead) || LAST_RESORT
}

function clean(text: string): string {
  return text.replace(CONTROL, ' ').replace(SEPARATOR, ',').replace(SHELL, '').toWellFormed().trim()
}
