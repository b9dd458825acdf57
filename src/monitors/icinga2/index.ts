import type { MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import { createHttp } from '../shared/http.ts'
import { orders } from './acknowledge.ts'
import { callIcinga } from './call-icinga.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { listen } from './listen.ts'
import { notify } from './notify.ts'
import { reader } from './reconcile.ts'

/** Icinga 2. */
export const icinga2: MonitorKind = {
  kind: 'icinga2',
  title: 'Icinga 2',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect,
}

function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { url, user, password, ca, insecure, events } = settings
  if (url === undefined || user === undefined || password === undefined) return null
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  const http = createHttp({ url, headers: { authorization: `Basic ${basic}` }, ca, insecure }, around)
  const icinga = callIcinga(http, around)
  const { read, readProblems, findComment, findDowntime } = reader(icinga, around)
  const listening = new Set<() => Promise<void>>()
  const watch: MonitorApi['watch'] = (onHint) => {
    const stop = listen(http, around, onHint)
    listening.add(stop)
    return async () => {
      listening.delete(stop)
      await stop()
    }
  }
  return {
    capabilities: {
      acknowledge: true,
      remove: true,
      comment: true,
      downtime: true,
      removeDowntime: true,
      read: true,
      expires: true,
      author: true,
      sticky: true,
      persistent: true,
      notify: true,
    },
    ...orders(icinga, around, findDowntime),
    read,
    readProblems,
    findComment,
    examine: () => examine(icinga, settings, around.name),
    ...(events ? { watch } : {}),
    close: async () => {
      await Promise.all([...listening].map((stop) => stop()))
      await http.close()
    },
  }
}
