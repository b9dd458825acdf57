import type { Hooks } from './hooks.ts'
import type { Workspace } from './workspace.ts'

/** What every method and interaction works on. */
export type Site = {
  workspace: Workspace
  hooks: Hooks
  /** Address of the playground without a path, such as http://127.0.0.1:40123 */
  origin: string
  /** A fresh, single-use websocket URL for Socket Mode. */
  newSocketUrl(): string
}
