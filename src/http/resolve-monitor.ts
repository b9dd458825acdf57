import type { Monitor, MonitorKind } from '../monitors/monitor.ts'
import type { HttpRefusal } from './answer.ts'

/** Finds the monitor that a name in an address or a body means. */
export type Resolve = (name: string) => Monitor | HttpRefusal

/** A monitor's name, or a kind: then the one monitor of that kind, or an implicit one when none is configured. */
export function createResolver({
  kinds,
  monitors,
}: {
  readonly kinds: ReadonlyMap<string, MonitorKind>
  readonly monitors: readonly Monitor[]
}): Resolve {
  const byName = new Map(monitors.map((monitor) => [monitor.name, monitor]))
  const unknown = (message: string): HttpRefusal => ({ status: 404, error: 'unknown_monitor', message })
  return (name) => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const kind = kinds.get(name) ?? [...kinds.values()].find(({ presets }) => presets?.includes(name))
    if (kind === undefined) {
      return unknown('No monitor of that name is configured, and it is no kind either.')
    }
    const preset = name === kind.kind ? null : name
    const ofKind = monitors.filter(
      (monitor) => monitor.kind === kind && (preset === null || monitor.settings?.preset === preset),
    )
    if (ofKind.length > 1) {
      const names = ofKind.map((monitor) => monitor.name).join(', ')
      return unknown(`Several monitors are of kind ${name}: ${names}. Name one of them.`)
    }
    const monitor = ofKind[0] ?? implicit(name, kind, preset)
    byName.set(name, monitor)
    return monitor
  }
}

function implicit(name: string, kind: MonitorKind, preset: string | null): Monitor {
  const { data } = kind.config.safeParse({ kind: kind.kind, ...(preset === null ? {} : { preset }) })
  return data === undefined ? { name, kind } : { name, kind, settings: data }
}
