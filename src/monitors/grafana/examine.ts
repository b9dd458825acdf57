import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import { type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import type { GrafanaApi } from './alertmanager-api.ts'
import { Actions, Health } from './schema.ts'

const RIGHTS =
  'Give the service account the basic role Editor, or Viewer with the permission Edit on the folders of the rules.'
const ADDRESS =
  'Set the url to the address of Grafana, with its path if it has one, such as https://example.com/grafana.'

/** Tries what can be tried without changing anything. Never throws. */
export async function examine(api: GrafanaApi): Promise<readonly Finding[]> {
  const found: Finding[] = []
  try {
    const { version, database } = await healthOf(api)
    found.push(fine('reach', `Grafana${version === undefined ? '' : ` ${version}`} answers.`))
    if (database !== undefined && database !== 'ok')
      found.push({
        what: 'database',
        ok: false,
        found: 'Grafana says that its database is not well.',
        advice: 'Look into the log of Grafana.',
      })
  } catch (error) {
    const advice =
      error instanceof Failure && error.code !== 'unavailable' && error.code !== 'timeout'
        ? ADDRESS
        : 'See whether Grafana runs and whether this machine reaches it.'
    return [{ what: 'reach', ok: false, found: sentenceOf(error), advice }]
  }
  try {
    const alerts = await api.alerts()
    await api.silences()
    const many = alerts.length === 1 ? 'alert fires' : 'alerts fire'
    found.push(
      fine('credentials', 'The token is accepted.'),
      fine('read', `${alerts.length} ${many} that the token lets us see.`),
    )
  } catch (error) {
    const isToken = error instanceof Failure && error.code === 'unauthorized' && error.retry.kind === 'later'
    const advice = isToken
      ? 'Make a new token for the service account under Administration > Service accounts, and set it as token.'
      : `${RIGHTS} With several organisations set orgId.`
    return [...found, { what: isToken ? 'credentials' : 'read', ok: false, found: sentenceOf(error), advice }]
  }
  found.push(await examineRights(api))
  return found
}

async function healthOf(api: GrafanaApi): Promise<Health> {
  const answer = await api.get('/api/health')
  // Without its database it answers 503, and says so.
  if (answer.status !== 200 && !isHealth(answer)) throw statusFailure(api.name, answer)
  const health = Health.safeParse(jsonOf(api.name, answer))
  if (health.success && health.data.database !== undefined) return health.data
  throw new Failure('invalid', { kind: 'never' }, `${api.name} answers, but not as Grafana does.`)
}

function isHealth({ status, text }: HttpAnswer): boolean {
  return status === 503 && text.includes('"database"')
}

/** The token's rights are told by an address that Grafana's own pages use; where it says nothing, neither do we. */
async function examineRights(api: GrafanaApi): Promise<Finding> {
  const what = 'right to silence'
  const unknown = {
    what,
    ok: true,
    found: 'This cannot be tried without changing something.',
    advice: RIGHTS,
  }
  try {
    const answer = await api.get('/api/access-control/user/actions')
    const actions = Actions.safeParse(answer.status === 200 ? jsonOf(api.name, answer) : null)
    if (!actions.success || Object.keys(actions.data).length === 0) return unknown
    const may = (right: string): boolean =>
      actions.data[`alert.instances:${right}`] === true || actions.data[`alert.silences:${right}`] === true
    if (may('create') && may('write')) return fine(what, 'The token may create and end silences.')
    return { what, ok: false, found: 'The token may not create and end silences.', advice: RIGHTS }
  } catch {
    return unknown
  }
}

function fine(what: string, found: string): Finding {
  return { what, ok: true, found, advice: null }
}

function sentenceOf(error: unknown): string {
  return error instanceof Failure ? error.message : 'This is a fault in ackbridge.'
}
