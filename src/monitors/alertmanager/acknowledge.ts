import { Failure } from '../../core/failure.ts'
import type { AcknowledgeOrder, OrderAnswer, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { jsonOf } from '../shared/http.ts'
import { endSilences, type Silencer, silence } from '../shared/silences.ts'
import type { Cluster, Member } from './cluster.ts'
import { alertsLike, findAlert, silences } from './reconcile.ts'
import { SilenceAnswer } from './schema.ts'

/* Orders: all there is are silences, made and ended by the API v2. */

/** @throws Failure when it was not taken, or nobody knows */
export function acknowledge(
  cluster: Cluster,
  clock: Clock,
  target: Target,
  order: AcknowledgeOrder,
  lastsMs: number,
): Promise<OrderAnswer> {
  return cluster.with((member) =>
    silence(silencer(cluster.name, member), target, order, clock.now(), lastsMs),
  )
}

/** @throws Failure when it was not taken, when nobody knows, or when more than this alert is silenced */
export function removeAcknowledgement(
  cluster: Cluster,
  target: Target,
  marker: string | null,
): Promise<OrderAnswer> {
  return cluster.with((member) => endSilences(silencer(cluster.name, member), target, marker))
}

function silencer(name: string, member: Member): Silencer {
  return {
    name,
    alerts: (target) => alertsLike(name, member, [target]),
    silences: () => silences(name, member),
    find: findAlert,
    put: async (body) => {
      const answer = await member.send({ method: 'POST', path: '/silences', body })
      const parsed = SilenceAnswer.safeParse(jsonOf(name, answer))
      if (parsed.success) return
      const sentence = `${name} answered a silence with something else than its id. Is the address right?`
      throw new Failure('invalid', { kind: 'ambiguous' }, sentence)
    },
    // What is not known there any more silences nothing.
    expire: async (id) => {
      await member.send({ method: 'DELETE', path: `/silence/${encodeURIComponent(id)}` }, [404])
    },
  }
}
