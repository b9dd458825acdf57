import type { CheckName } from '../../core/ports.ts'

/**
 * Values by check. A map in a map: joining monitor and key to one string would have it hashed anew at each look, which for
 * a notification costs as much as reading its JSON.
 */
export class CheckMap<Value> {
  readonly #byMonitor = new Map<string, Map<string, Value>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get({ monitor, key }: CheckName): Value | undefined {
    return this.#byMonitor.get(monitor)?.get(key)
  }

  set({ monitor, key }: CheckName, value: Value): void {
    const known = this.#byMonitor.get(monitor)
    const values = known ?? new Map<string, Value>()
    if (known === undefined) this.#byMonitor.set(monitor, values)
    const before = values.size
    values.set(key, value)
    this.#size += values.size - before
  }

  delete({ monitor, key }: CheckName): void {
    const values = this.#byMonitor.get(monitor)
    if (values?.delete(key) !== true) return
    this.#size--
    if (values.size === 0) this.#byMonitor.delete(monitor)
  }

  clear(): void {
    this.#byMonitor.clear()
    this.#size = 0
  }

  /** @returns the value that came first, of this monitor where it has any */
  oldest(monitor: string): Value | undefined {
    const own = this.#byMonitor.get(monitor) ?? this.#byMonitor.values().next().value
    return own?.values().next().value
  }

  /** In the order of the monitors, then of the keys, as they came. */
  forEach(call: (value: Value) => void): void {
    for (const values of this.#byMonitor.values()) for (const value of values.values()) call(value)
  }
}
