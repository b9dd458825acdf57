import type { Config } from '../config/config.ts'
import { processEnv } from '../config/env.ts'
import { loadConfig } from '../config/load.ts'
import { KINDS } from '../monitors/registry.ts'

/** @returns the settings of this process in this folder; throws ConfigFault */
export function settings(): Config {
  return loadConfig(processEnv(), process.cwd(), [...KINDS.keys()])
}
