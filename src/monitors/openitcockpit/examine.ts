import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import { INDEXES } from './reconcile.ts'
import { Commands } from './schema.ts'
import type { List, Session } from './session.ts'

const [HOSTS, SERVICES] = INDEXES
const DOWNTIMES: List = { path: '/downtimes/host.json', rows: 'all_host_downtimes' }

/** Tries what can be tried without changing anything: the address that takes orders is never called. Never throws. */
export async function examine(session: Session): Promise<readonly Finding[]> {
  const { name } = session
  const hosts = await attempt(session.some(HOSTS, [], 1))
  if (!hosts.ok && hosts.failure.code !== 'unauthorized') {
    return [fault('reach', hosts.failure, 'Look at url, ca and the network between here and there.')]
  }
  const reach = fine('reach', `${name} answers.`)
  if (!hosts.ok && hosts.failure.retry.kind !== 'never') {
    return [
      reach,
      fault('credentials', hosts.failure, 'Make an API key in the profile of its user and set it as apiKey.'),
    ]
  }
  return [
    reach,
    fine('credentials', `${name} accepts the key.`),
    await examineOrders(session),
    hosts.ok ? seen(name, hosts.value.length) : fault('read hosts', hosts.failure, right('Hosts / index')),
    await examineList(session, 'read services', SERVICES, 'Services / index'),
    await examineAcknowledgements(session, hosts.ok ? hosts.value[0] : undefined),
    await examineList(session, 'read downtimes', DOWNTIMES, 'Downtimes / host and service'),
  ]
}

async function examineOrders({ name, get }: Session): Promise<Finding> {
  const what = 'right to acknowledge'
  const advice = right('NagiosModule / Cmd / index and submit')
  const answer = await attempt(get('/nagios_module/cmd/index.json'))
  if (!answer.ok) return fault(what, answer.failure, advice)
  const commands = Commands.safeParse(answer.value).data?.externalCommands ?? {}
  if (!('ACKNOWLEDGE_SVC_PROBLEM' in commands)) {
    return { what, ok: false, found: `${name} does not list the command that acknowledges.`, advice }
  }
  const found = `${name} has the command. Whether it takes one from us cannot be tried without giving one.`
  return fine(what, found)
}

async function examineAcknowledgements(session: Session, host: unknown): Promise<Finding> {
  const what = 'read acknowledgements'
  const id = HOSTS.parse(host)?.host.id ?? null
  if (id === null) return { what, ok: true, found: 'Not tried: there is no host to ask about.', advice: null }
  const list = { path: `/acknowledgements/host/${id}.json`, rows: 'all_acknowledgements' }
  return examineList(session, what, list, 'Acknowledgements / host and service')
}

async function examineList(session: Session, what: string, list: List, need: string): Promise<Finding> {
  const answer = await attempt(session.some(list, [], 1))
  return answer.ok ? fine(what, `${session.name} answers.`) : fault(what, answer.failure, right(need))
}

function seen(name: string, hosts: number): Finding {
  if (hosts > 0) return fine('read hosts', `${name} shows us hosts.`)
  const found = `${name} shows us no host at all.`
  return { what: 'read hosts', ok: false, found, advice: 'Give the API user containers that hold the hosts.' }
}

type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure }

async function attempt<Value>(trial: Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { ok: true, value: await trial }
  } catch (error) {
    if (error instanceof Failure) return { ok: false, failure: error }
    return {
      ok: false,
      failure: new Failure('internal', { kind: 'never' }, 'This failed here.', { cause: error }),
    }
  }
}

function right(need: string): string {
  return `Let the role of the API user use ${need}.`
}

function fine(what: string, found: string): Finding {
  return { what, ok: true, found, advice: null }
}

function fault(what: string, { message }: Failure, advice: string): Finding {
  return { what, ok: false, found: message, advice }
}
