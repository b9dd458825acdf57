import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { readProblems } from './reconcile.ts'
import type { Rest } from './rest.ts'

const RIGHTS =
  'Give the role of the automation user the permissions "Acknowledge", "Set/remove downtimes" and "Add comments", and "See all hosts and services".'

/** Tries what can be tried without changing anything. Never throws. */
export async function examine(rest: Rest, clock: Clock): Promise<readonly Finding[]> {
  const found: Finding[] = []
  try {
    const { site } = await rest.learnRelease()
    const { version, edition, expires } = rest.found
    found.push(
      fine('reach', 'The REST API answers.'),
      fine('credentials', 'The user and its secret are accepted.'),
    )
    found.push(
      fine(
        'release',
        `Checkmk ${version}${edition === null ? '' : ` (${edition})`}${site === undefined ? '' : `, site ${site}`}; ` +
          (expires
            ? 'it ends acknowledgements at their time.'
            : 'acknowledgements are removed by ackbridge at their time.'),
      ),
    )
  } catch (error) {
    return [...found, ...wrong(error)]
  }
  try {
    const { checks } = await readProblems(rest, clock)
    found.push(
      fine(
        'read',
        `${checks.size} ${checks.size === 1 ? 'problem is' : 'problems are'} visible to the user.`,
      ),
    )
    if (rest.found.missingColumns.size > 0)
      found.push(fine('columns', 'This release does not tell the words of acknowledgements.'))
  } catch (error) {
    const advice = `${RIGHTS} Otherwise look into the site's var/log/web.log.`
    found.push({ what: 'read', ok: false, found: sentenceOf(error), advice })
  }
  found.push({
    what: 'right to acknowledge',
    ok: true,
    found: 'This cannot be tried without changing something.',
    advice: RIGHTS,
  })
  return found
}

function fine(what: string, found: string): Finding {
  return { what, ok: true, found, advice: null }
}

function wrong(error: unknown): Finding[] {
  const found = sentenceOf(error)
  if (error instanceof Failure && error.code === 'unauthorized') {
    return [
      fine('reach', 'The REST API answers.'),
      {
        what: 'credentials',
        ok: false,
        found,
        advice: 'Compare user and secret with those of the automation user under Setup > Users.',
      },
    ]
  }
  const advice =
    error instanceof Failure && error.code === 'not_found'
      ? 'Set the url to the address of the site, such as https://monitoring.example.com/mysite.'
      : 'See whether the site runs (omd status) and whether this machine reaches it.'
  return [{ what: 'reach', ok: false, found, advice }]
}

function sentenceOf(error: unknown): string {
  return error instanceof Failure ? error.message : 'This is a fault in ackbridge.'
}
