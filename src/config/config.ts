import type { PermissionRule } from '../core/permit.ts'
import type { Route } from '../core/route.ts'
import type { CommonSettings } from '../monitors/config.ts'

/** Everything that can be set, read and checked. */
export type Config = {
  /** Null: the playground stands in. */
  readonly slack: SlackConfig | null
  /** Where messages go that no route sends elsewhere. */
  readonly channel: string | null
  readonly commandPrefix: string
  /** Null: none given; one is made. */
  readonly notifyKey: string | null
  readonly database: string
  readonly http: {
    readonly host: string
    readonly port: number
    /** The port was asked for, and is not merely the default. */
    readonly portChosen: boolean
    readonly tls: { readonly cert: string; readonly key: string } | null
    readonly trustProxy: boolean
  }
  readonly logLevel: string
  readonly proxy: { readonly https: string; readonly no: string } | null
  readonly storm: { readonly threshold: number; readonly windowSeconds: number }
  readonly retention: { readonly historyDays: number }
  readonly monitors: readonly MonitorConfig[]
  readonly routes: readonly Route[]
  readonly permissions: readonly PermissionRule[]
}

export type MonitorConfig = {
  readonly name: string
  readonly kind: string
  /** What the kind's schema made of it; each kind narrows it to the type of its own schema. */
  readonly settings: CommonSettings & Readonly<Record<string, unknown>>
}

export type SlackConfig = {
  readonly botToken: string
  readonly signingSecret: string | null
  readonly appToken: string | null
  readonly apiUrl: string
}

/** What is wrong with the settings, as sentences; a start with any of these is refused. */
export class ConfigFault extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigFault'
    this.faults = faults
  }
}
