import type { WebClient } from '@slack/web-api'
import type { Acting } from '../../flows/acknowledge-problem.ts'
import type { SurfaceParts } from '../surface.ts'

/** A press of one of our buttons. */
export type Press = {
  readonly parts: SurfaceParts
  readonly acting: Acting
  readonly value: string
  /** Identifies the press; Slack may send it twice. */
  readonly interaction: string
  readonly triggerId: string
  /** Where a private answer goes; null inside a form. */
  readonly replyTo: string | null
  /** In a message that only this person sees. */
  readonly isPrivate: boolean
  /** The form it was pressed in, and what that remembers; null in a message. */
  readonly view: { readonly id: string; readonly memory: string } | null
  readonly client: WebClient
}

/** What a press comes to when Slack did not open the form; the person is told then. */
export const FORM_NOT_OPENED = 'form not opened'
