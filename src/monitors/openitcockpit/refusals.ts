import { Failure } from '../../core/failure.ts'

/** @returns the failure of telling it about something that is known by name only */
export function uuidsOnly(monitor: string): Failure {
  return new Failure(
    'invalid',
    { kind: 'never' },
    `${monitor} is told UUIDs only, and this check is known by name. In the notification commands of openITCOCKPIT pass ` +
      "--hostname '$HOSTNAME$' and --servicedesc '$SERVICEDESC$', which are UUIDs there.",
  )
}

/** @returns the failure of writing a comment that is no acknowledgement */
export function noComments(monitor: string): Failure {
  return new Failure('invalid', { kind: 'never' }, `${monitor} takes no comments from outside.`)
}

/** @returns the failure of an answer that is not what was asked for */
export function notUnderstood(monitor: string, what: string): Failure {
  return new Failure(
    'invalid',
    { kind: 'later' },
    `${monitor} answered without ${what}. Is the address that of openITCOCKPIT?`,
  )
}
