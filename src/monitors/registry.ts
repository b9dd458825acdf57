import type { MonitorKind } from './monitor.ts'
import { nagios } from './nagios/index.ts'
import { native } from './native/index.ts'
import { openitcockpit } from './openitcockpit/index.ts'

/** Every kind of monitor, by name. */
export const KINDS: ReadonlyMap<string, MonitorKind> = new Map(
  [nagios, native, openitcockpit].map((kind) => [kind.kind, kind]),
)
