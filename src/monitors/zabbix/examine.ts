import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { SUPPRESSES_SINCE } from './actions.ts'
import { readProblems } from './reconcile.ts'
import type { Rpc } from './rpc.ts'

const RIGHTS =
  'Let the role of the user acknowledge problems and add problem comments (and suppress problems), let it call the API, and give its user group read access to the host groups.'

/** Tries what can be tried without changing anything. Never throws. */
export async function examine(rpc: Rpc, clock: Clock): Promise<readonly Finding[]> {
  const found: Finding[] = []
  try {
    const { version, number } = await rpc.learnRelease()
    found.push(fine('reach', 'The API answers.'))
    const can = number >= SUPPRESSES_SINCE ? 'can suppress a problem' : 'cannot suppress a single problem'
    found.push(
      number >= 600
        ? fine('release', `Zabbix ${version}, which ${can}.`)
        : {
            what: 'release',
            ok: false,
            found: `Zabbix ${version} is older than what this is written for.`,
            advice: 'Use Zabbix 6.0 or later.',
          },
    )
  } catch (error) {
    return [{ what: 'reach', ok: false, found: sentenceOf(error), advice: reachAdvice(error) }]
  }
  try {
    const { size } = (await readProblems(rpc, clock)).checks
    found.push(fine('credentials', 'The API token is accepted.'))
    found.push(fine('read', `${size} ${size === 1 ? 'problem is' : 'problems are'} visible to the user.`))
  } catch (error) {
    const isToken = error instanceof Failure && error.code === 'unauthorized' && error.retry.kind === 'later'
    const advice = isToken
      ? 'Compare the token with the one under Administration > General > API tokens. From 6.4 on it is sent in the header Authorization, which the web server has to pass on.'
      : RIGHTS
    return [...found, { what: isToken ? 'credentials' : 'read', ok: false, found: sentenceOf(error), advice }]
  }
  found.push({
    what: 'right to acknowledge',
    ok: true,
    found: 'This cannot be tried without changing something.',
    advice: RIGHTS,
  })
  return found
}

function reachAdvice(error: unknown): string {
  return error instanceof Failure && (error.code === 'not_found' || error.code === 'invalid')
    ? 'Set the url to the address of the frontend, such as https://monitoring.example.com/zabbix.'
    : 'See whether the frontend runs and whether this machine reaches it.'
}

function fine(what: string, found: string): Finding {
  return { what, ok: true, found, advice: null }
}

function sentenceOf(error: unknown): string {
  return error instanceof Failure ? error.message : 'This is a fault in ackbridge.'
}
