import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadResult } from './load.ts'

export type LoadProcess = {
  /** Runs one slice. @throws Error when the generator failed */
  run(order: LoadOrder): Promise<LoadResult>
  stop(): void
}

/** Starts the load generator. It stays on the core of whoever starts it. */
export function startLoad(): LoadProcess {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), { execArgv: [] })
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        const onMessage = (result: unknown): void => {
          child.off('exit', onExit)
          resolve(result as LoadResult)
        }
        const onExit = (): void => {
          child.off('message', onMessage)
          reject(new Error(`${order.name}: the load generator ended.`))
        }
        child.once('message', onMessage)
        child.once('exit', onExit)
        child.send(order)
      }),
    stop: () => {
      if (child.connected) child.disconnect()
    },
  }
}
