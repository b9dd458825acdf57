import { type ButtonChoice, click, type Stage, select, type Target } from './interactions/block-actions.ts'
import { sendHomeOpened } from './interactions/event.ts'
import type { Answer } from './interactions/post-office.ts'
import { sendCommand } from './interactions/slash-command.ts'
import { closeView, submitView } from './interactions/view-submission.ts'
import { channels } from './seed.ts'

/**
 * Somebody in the workspace. Every act resolves with what the app answered to Slack, after the playground has done
 * with the answer what Slack would: shown it, closed or changed the modal.
 */
export type Person = {
  /** User id. */
  readonly id: string
  /** Types `/ack web01 HTTP` in a channel (default #alerts). */
  command(text: string, channel?: string): Promise<Answer>
  /** Presses a button; throws when there is none as described. */
  click(target: Target, button: ButtonChoice, options?: { triggerId?: string }): Promise<Answer>
  /** Fills in and sends a modal; values by block id or label. Throws where Slack's client would not send. */
  submit(viewId: string, values: Record<string, unknown>): Promise<Answer>
  closeView(viewId: string): Promise<Answer>
  openHome(): Promise<Answer>
  select(target: Target, actionId: string, value: unknown): Promise<Answer>
}

export function createPerson(stage: Stage, id: string): Person {
  return {
    id,
    command: async (text, channel = channels.alerts) => sendCommand(stage, id, text, channel),
    click: async (target, button, options = {}) => click(stage, id, target, button, options.triggerId),
    submit: async (viewId, values) => submitView(stage, id, viewId, values),
    closeView: async (viewId) => closeView(stage, id, viewId),
    openHome: async () => sendHomeOpened(stage, id),
    select: async (target, actionId, value) => select(stage, id, target, actionId, value),
  }
}
