import type { Config } from '../config/config.ts'
import { processEnv } from '../config/env.ts'
import { checkConfig } from '../config/load.ts'
import { CONFIG_SCHEMAS, PRESETS } from '../monitors/registry.ts'

/** @returns the settings of this process in this folder; throws ConfigFault */
export function settings(): Config {
  return checkedSettings().config
}

/** @returns the settings, and what of them is probably not meant; throws ConfigFault */
export function checkedSettings(): { config: Config; warnings: readonly string[] } {
  return checkConfig(processEnv(), process.cwd(), CONFIG_SCHEMAS, PRESETS)
}
