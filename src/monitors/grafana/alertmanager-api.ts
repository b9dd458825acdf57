import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { alertsOf, type ListedAlert, type Silence, silencesOf } from '../shared/alert-answers.ts'
import { type Call, createHttp, type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import type { SilenceOrder } from '../shared/silences.ts'
import type { Config } from './config.ts'
import { Created } from './schema.ts'

/*
 * The Alertmanager inside of Grafana: its API v2 below a path of Grafana, with other statuses and with rights.
 * (grafana/grafana:pkg/services/ngalert/api/api_alertmanager_silences.go)
 */

const API = '/api/alertmanager/grafana/api/v2'

export type GrafanaApi = {
  /** The monitor's name, for sentences. */
  readonly name: string
  /** Every alert that fires, silenced or not. */
  alerts(): Promise<readonly ListedAlert[]>
  silences(): Promise<readonly Silence[]>
  /** Creates a silence, or changes the one that is named. */
  put(order: SilenceOrder): Promise<void>
  /** Ends a silence; that it is not there is fine. */
  expire(id: string): Promise<void>
  /** Makes one call outside of that. @returns whatever status came */
  get(path: string): Promise<HttpAnswer>
  close(): Promise<void>
}

/** @throws Error when the file of certificates cannot be read */
export function createGrafanaApi(
  { url, token, orgId, ca, insecure }: Config & { url: string; token: string },
  around: MonitorSurroundings,
): GrafanaApi {
  const http = createHttp(
    { url: url.replace(/[?#].*$/, ''), headers: { authorization: `Bearer ${token}` }, ca, insecure },
    around,
  )
  const { name } = around

  const org = orgId === undefined ? {} : { 'x-grafana-org-id': String(orgId) }
  const ask = (call: Call): Promise<HttpAnswer> => http.call({ ...call, headers: org })

  /** What is no JSON goes to the log, and may repeat what it was asked with. What is JSON stays what it is. */
  function parsed(answer: HttpAnswer): unknown {
    try {
      return JSON.parse(answer.text)
    } catch {
      return jsonOf(name, { ...answer, text: answer.text.replaceAll(token, '…') })
    }
  }

  async function list(what: 'alerts' | 'silences'): Promise<unknown> {
    const answer = await ask({ method: 'GET', path: `${API}/${what}` })
    if (answer.status !== 200) throw refused(name, answer, `read ${what}`)
    return parsed(answer)
  }

  return {
    name,
    alerts: async () => alertsOf(name, await list('alerts')),
    silences: async () => silencesOf(name, await list('silences')),
    put: async (order) => {
      const answer = await ask({ method: 'POST', path: `${API}/silences`, body: order })
      if (answer.status < 200 || answer.status > 202) throw refused(name, answer, 'create silences')
      if (Created.safeParse(parsed(answer)).success) return
      const sentence = `${name} did not say that the silence was made. Is the address right?`
      throw new Failure('invalid', { kind: 'ambiguous' }, sentence)
    },
    expire: async (id) => {
      const answer = await ask({ method: 'DELETE', path: `${API}/silence/${encodeURIComponent(id)}` })
      if (answer.status === 404) return
      if (answer.status < 200 || answer.status > 204) throw refused(name, answer, 'end silences')
      // Alertmanager itself says nothing more; a page of somebody else would be no sign that anything was done.
      if (answer.text !== '') parsed(answer)
    },
    get: (path) => ask({ method: 'GET', path }),
    close: () => http.close(),
  }
}

function refused(name: string, answer: HttpAnswer, what: string): Failure {
  const { status } = answer
  const { message, code, retry, detail } = statusFailure(name, answer)
  const more = detail === null ? {} : { detail }
  if (status === 403)
    return new Failure(
      code,
      retry,
      `${name} does not let the service account ${what} (403). Check its rights.`,
      more,
    )
  if (status === 409)
    return new Failure(
      'unavailable',
      { kind: 'later' },
      `The Alertmanager of ${name} is not ready (409).`,
      more,
    )
  return new Failure(code, retry, message, more)
}
