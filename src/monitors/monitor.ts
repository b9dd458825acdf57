import type { MonitorApi } from '../core/monitor-api.ts'
import type { Notification } from '../core/notification.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { ConfigSchema } from './config.ts'

/** What is wrong with a notification: where, and what would be right. */
export type Issue = { readonly path: string; readonly message: string }

/** What a body turned into. One bad notification does not sink the others. */
export type Intake = {
  readonly notifications: readonly Notification[]
  readonly rejected: readonly (readonly Issue[])[]
  /** What this sender takes for success, where it is another than its kind's. */
  readonly accepted?: 200 | 202
  /** How much was understood and is nothing to tell, such as the statistics among the alerts of a sensor. */
  readonly ignored?: number
  /** What is kept of a body that was not understood, where its beginning may hold what must not be kept. */
  readonly excerpt?: string
}

/** A body as it arrived: JSON that was parsed, or the fields of a form. */
export type Body = { readonly value: unknown }

export type IntakeContext = {
  /** Name of the monitor that the sender speaks for. */
  readonly monitor: string
  /** What the kind's `config` made of the monitor's section, or of an empty one where there is none. */
  readonly settings?: Settings
  /** The request itself, for what stands outside its body. */
  readonly request?: RawRequest
}

/** Why a body cannot be read, as the end of a sentence that begins with its name: `is not JSON`. */
export type Unreadable = { readonly fault: string }

/** A request as it arrived, for what proves its origin beside a key. */
export type RawRequest = {
  readonly bytes: Buffer
  /** @returns the header of that name, whatever its case; null when there is none */
  header(name: string): string | null
  /** When it arrived, epoch ms. */
  readonly now: number
}

/** A protocol: how a sort of monitoring system talks to us, and how we talk back. */
export type MonitorKind = {
  readonly kind: string
  /** Name for people. */
  readonly title: string
  /** Names of its settings of the same name `preset`; each stands in an address for a monitor that has nothing but that. */
  readonly presets?: readonly string[]
  /** What the sender takes for success. */
  readonly accepted: 200 | 202
  /** Everything of a request is stored, or nothing is. */
  readonly allOrNothing: boolean
  /**
   * Looks for the proof that a request comes from the monitor, where its settings ask for more than a key. Called before
   * the body is parsed; never throws.
   *
   * @returns why it is refused, in a sentence without any secret; null when all is well
   */
  readonly verify?: (request: RawRequest, settings: Settings) => string | null
  /**
   * Reads a body that is neither one JSON value nor a form, or not in the way everybody reads it. Called in the place of
   * that; never throws.
   *
   * @returns null: it is read as everybody's
   */
  readonly readBody?: (request: RawRequest) => Body | Unreadable | null | Promise<Body | Unreadable | null>
  /**
   * What of a body may be kept in the record where something in it was not understood, for senders that put credentials
   * into theirs. Absent: its beginning. Never throws.
   */
  readonly excerpt?: (request: RawRequest) => string
  /** Turns a body into notifications. Never throws, whatever the body holds. */
  readonly notify: (body: Body, context: IntakeContext) => Intake
  /** What its configuration takes besides what every monitor takes; strict. */
  readonly config: ConfigSchema
  /**
   * Prepares to talk back; opens nothing yet.
   *
   * @param settings what `config` made of the configuration
   * @returns null when the settings name no way to talk back
   * @throws Error with a sentence for the operator when a setting cannot be used, such as a file that cannot be read
   */
  readonly connect: (settings: Settings, around: MonitorSurroundings) => MonitorApi | null
}

/** What a kind's `config` made of the configuration; the kind knows what it is. */
// biome-ignore lint/suspicious/noExplicitAny: each kind narrows it to the type of its own schema
export type Settings = any

export type MonitorSurroundings = {
  /** The monitor's name, for sentences and the log. */
  readonly name: string
  /** What everything is stamped with, and what is planned ahead. */
  readonly clock: Clock
  /** Real time, for how long a call may take. */
  readonly system: Clock
  readonly log: Log
  /** Null: no proxy. */
  readonly proxy: { readonly https: string; readonly no: string } | null
}

/** A monitor of the configuration, or one that a kind's own route implies. */
export type Monitor = {
  readonly name: string
  readonly kind: MonitorKind
  /** What its kind made of its section of the configuration; absent where it has none. */
  readonly settings?: Settings
}

/** Notifications of one request. */
export const NOTIFICATIONS_MAX = 1000

/** @returns an intake that holds nothing but a fault */
export function rejectedIntake(path: string, message: string): Intake {
  return { notifications: [], rejected: [[{ path, message }]] }
}
