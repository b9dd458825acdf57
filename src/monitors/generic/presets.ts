import { cloudevents } from './cloudevents.ts'
import type { PresetName } from './config.ts'
import { healthchecks } from './healthchecks.ts'
import { icingaNotifications } from './icinga-notifications.ts'
import type { Preset } from './preset.ts'
import { uptimeKuma } from './uptime-kuma.ts'

/** Each by its name, those first that are known by more. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  cloudevents,
  'icinga-notifications': icingaNotifications,
  'uptime-kuma': uptimeKuma,
  healthchecks,
}

/** @returns the preset that a body looks like; null when it looks like none */
export function recognise(item: unknown): Preset | null {
  return Object.values(PRESETS).find(({ isLike }) => isLike(item)) ?? null
}
