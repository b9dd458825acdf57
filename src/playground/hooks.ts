/*
 * The two things an interaction hands the app for a while: a trigger_id (opens one view within 3 seconds) and a
 * response_url (five uses within 30 minutes). https://docs.slack.dev/interactivity/handling-user-interaction
 */
import { randomBytes } from 'node:crypto'
import { Refusal } from './refusal.ts'

type Trigger = { user: string; expiresAt: number; isUsed: boolean; viewId?: string }

/** Where a response_url leads. `source` is the message the interaction came from. */
export type Hook = {
  user: string
  channel: string
  source?: { ts: string; isEphemeral: boolean }
  threadTs?: string
  uses: number
  expiresAt: number
}

const triggerMs = 3_000
const hookMs = 30 * 60_000
const hookUses = 5
const keptMax = 10_000

export class Hooks {
  readonly #triggers = new Map<string, Trigger>()
  readonly #hooks = new Map<string, Hook>()
  readonly #now: () => number
  #count = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** @param viewId the modal from which the interaction came; views.push needs one */
  newTrigger(user: string, viewId?: string, wanted?: string): string {
    const id =
      wanted ?? `${1_000_000_000_000 + ++this.#count}.${4242424242}.${randomBytes(16).toString('hex')}`
    if (this.#triggers.has(id)) return id
    const trigger: Trigger = { user, expiresAt: this.#now() + triggerMs, isUsed: false }
    if (viewId !== undefined) trigger.viewId = viewId
    remember(this.#triggers, id, trigger)
    return id
  }

  /**
   * Spends a trigger.
   *
   * @throws Refusal in Slack's words when it is unknown, spent or older than 3 seconds
   */
  exchange(id: string): Trigger {
    const trigger = this.#triggers.get(id)
    if (!trigger) throw new Refusal('invalid_trigger_id')
    if (trigger.isUsed) throw new Refusal('exchanged_trigger_id')
    if (this.#now() > trigger.expiresAt) throw new Refusal('expired_trigger_id')
    trigger.isUsed = true
    return trigger
  }

  /** @returns the path below the server's address */
  newHook(kind: 'commands' | 'actions', teamId: string, hook: Omit<Hook, 'uses' | 'expiresAt'>): string {
    const path = `/hooks/${kind}/${teamId}/${++this.#count}/${randomBytes(12).toString('base64url')}`
    remember(this.#hooks, path, { ...hook, uses: 0, expiresAt: this.#now() + hookMs })
    return path
  }

  /** @throws Refusal when the URL is unknown, too old or used five times */
  useHook(path: string): Hook {
    const hook = this.#hooks.get(path)
    if (!hook) throw new Refusal('invalid_url')
    if (this.#now() > hook.expiresAt) throw new Refusal('expired_url')
    if (hook.uses >= hookUses) throw new Refusal('used_url')
    hook.uses++
    return hook
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  if (map.size <= keptMax) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
