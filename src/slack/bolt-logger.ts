import { type Logger, LogLevel } from '@slack/bolt'
import type { Log } from '../core/ports.ts'

/** Slack's packages log into ours. What they call information is detail to an operator; their errors are told by who called them. */
export function boltLogger(log: Log): Logger {
  const say = (...parts: unknown[]): void =>
    log.debug(
      { from: 'slack' },
      parts
        .map((part) => (part instanceof Error ? part.message : String(part)))
        .join(' ')
        .slice(0, 500),
    )
  return {
    debug: () => undefined,
    info: say,
    warn: say,
    error: say,
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}
