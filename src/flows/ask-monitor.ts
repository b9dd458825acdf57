import { Failure } from '../core/failure.ts'
import type { MonitorApi } from '../core/monitor-api.ts'

/** The monitor failed, and not our own house: told apart, because it is the monitor's standing that suffers. */
export class MonitorFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message, { cause: failure })
    this.name = 'MonitorFailure'
    this.failure = failure
  }
}

/** Questions to a monitor. Each throws MonitorFailure where the monitor's API throws Failure. */
export type AskMonitor = Pick<MonitorApi, 'capabilities' | 'read' | 'readProblems'>

export function createAskMonitor(api: MonitorApi): AskMonitor {
  async function asked<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      return await question()
    } catch (error) {
      throw error instanceof Failure ? new MonitorFailure(error) : error
    }
  }
  return {
    get capabilities() {
      return api.capabilities
    },
    read: (targets) => asked(() => api.read(targets)),
    readProblems: () => asked(() => api.readProblems()),
  }
}
