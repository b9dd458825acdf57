import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import { cleanName } from '../shared/clean-text.ts'
import type { Cluster, Member } from './cluster.ts'
import { alertsLike, silences } from './reconcile.ts'
import { Status } from './schema.ts'

/** Tries each member, as far as it can be tried without changing anything. Never throws. */
export async function examine({ name, members }: Cluster): Promise<readonly Finding[]> {
  const found = await Promise.all(members.map((member) => examineMember(name, member)))
  return found.flat()
}

async function examineMember(name: string, member: Member): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const { at } = member
  try {
    const status = Status.safeParse(await member.ask('/status'))
    if (!status.success) return [notThat(at)]
    const { versionInfo, cluster } = status.data
    found.push(
      fine('reach', `${at} answers.`),
      fine('credentials', `${at} accepts us.`),
      fine('release', `${at} is Alertmanager ${cleanName(versionInfo.version)}.`),
      clusterFinding(at, cluster),
    )
    const alerts = await alertsLike(name, member, [])
    const { length } = await silences(name, member)
    found.push(
      fine('read', `${at}: ${counted(alerts.length, 'alert')} and ${counted(length, 'silence')} are listed.`),
    )
  } catch (error) {
    return [...found, wrong(at, error)]
  }
  const advice = 'Where a proxy stands before it, let POST and DELETE below /api/v2/silence pass.'
  const sentence = `${at}: this cannot be tried without changing something.`
  return [...found, { what: 'right to acknowledge', ok: true, found: sentence, advice }]
}

type ClusterStatus = NonNullable<ReturnType<typeof Status.parse>['cluster']>

/** `disabled` is one that runs alone. */
function clusterFinding(at: string, cluster: ClusterStatus | undefined): Finding {
  const status = cleanName(cluster?.status ?? 'disabled') || 'unknown'
  if (status === 'ready' || status === 'disabled') {
    const peers = cluster?.peers?.length ?? 0
    return fine(
      'cluster',
      status === 'ready' ? `${at} sees ${counted(peers, 'member')}.` : `${at} runs alone.`,
    )
  }
  return {
    what: 'cluster',
    ok: false,
    found: `${at} says that its cluster is ${status}.`,
    advice: 'See whether the members reach each other (--cluster.peer); silences are shared between them.',
  }
}

function notThat(at: string): Finding {
  return {
    what: 'reach',
    ok: false,
    found: `${at} answers, but not as Alertmanager does.`,
    advice: 'Set urls to the addresses of Alertmanager, with its --web.route-prefix if it has one.',
  }
}

function wrong(at: string, error: unknown): Finding {
  const found = `${at}: ${error instanceof Failure ? error.message : 'this is a fault in ackbridge.'}`
  if (error instanceof Failure && error.code === 'unauthorized') {
    const advice =
      'Compare user and password, or bearer, with its --web.config.file or with the proxy before it.'
    return { what: 'credentials', ok: false, found, advice }
  }
  const advice =
    error instanceof Failure && error.code === 'not_found'
      ? 'Set urls to the addresses of Alertmanager, with its --web.route-prefix if it has one.'
      : 'See whether Alertmanager runs and whether this machine reaches it.'
  return { what: 'reach', ok: false, found, advice }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function fine(what: string, found: string): Finding {
  return { what, ok: true, found, advice: null }
}
