import type { MonitorKind } from '../monitor.ts'
import { config, PRESET_NAMES } from './config.ts'
import { excerpt } from './excerpt.ts'
import { notify } from './notify.ts'
import { readBody } from './read-body.ts'

/** Whatever posts JSON or a form: by a map of the configuration, or by a preset. */
export const generic: MonitorKind = {
  kind: 'generic',
  title: 'Anything else that posts JSON or a form',
  presets: PRESET_NAMES,
  accepted: 202,
  allOrNothing: false,
  readBody,
  excerpt,
  notify,
  config,
  connect: () => null,
}
