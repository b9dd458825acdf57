/* What views.open, views.push, views.update and views.publish have in common. */
import { isObject, type JsonObject, objectsAt } from '../json.ts'
import { Refusal } from '../refusal.ts'
import { validateView, withDefaults, withTextDefaults } from '../validate-blocks/validate-blocks.ts'
import { everyView, type View } from '../views.ts'
import type { Workspace } from '../workspace.ts'
import { objectOf } from './arguments.ts'
import { newBlockId, refuse } from './content.ts'

/**
 * The `view` argument, checked, with Slack's defaults filled in.
 *
 * @throws Refusal invalid_arguments with Slack's sentences, view_too_large
 */
export function readView(args: JsonObject, type: 'modal' | 'home'): JsonObject {
  const view = objectOf(args, 'view', 'invalid_arguments')
  if (!view) throw new Refusal('invalid_arguments', ['[ERROR] missing required field: view'])
  return checkedView(view, type)
}

/** @throws Refusal as {@link readView} */
export function checkedView(view: unknown, type: 'modal' | 'home'): JsonObject {
  if (!isObject(view)) throw new Refusal('invalid_arguments', ['[ERROR] missing required field: view'])
  if (JSON.stringify(view).length > 250_000) throw new Refusal('view_too_large')
  // Libraries send null for what is not set; Slack takes that as absent.
  const given = Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null))
  refuse('invalid_arguments', validateView(given, type))
  return { ...withTextDefaults(given), blocks: withDefaults(objectsAt(given, 'blocks'), newBlockId) }
}

/** @throws Refusal duplicate_external_id when another open view has it */
export function refuseRepeatedExternalId(workspace: Workspace, view: JsonObject, but?: View): void {
  const id = view['external_id']
  if (!id) return
  const other = everyView(workspace).find((one) => one.externalId === id && one !== but)
  if (other) throw new Refusal('duplicate_external_id')
}
