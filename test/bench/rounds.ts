import type { LoadProcess } from './load-process.ts'
import { cpuMicros, residentMiB } from './machine.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { NOTIFY_KEY, type Subject } from './subjects.ts'

/** What one row came to over all rounds. A notification each; of the bare servers, an element of the body. */
export type Measured = {
  readonly title: string
  readonly perSecond: Spread
  /** CPU time of the server, microseconds a notification; null where the system does not tell. */
  readonly cpuMicros: Spread | null
  /** Most that was held after a slice. */
  readonly residentMiB: number | null
  readonly accepted: number
}

/** Until the engine has compiled what is hot; shorter, and the first rounds measure the compiler. */
const WARM_UP_SECONDS = 3

type Slice = { perSecond: number; cpu: number | null; resident: number | null; accepted: number }

/**
 * Lets all servers take turns, so that what else the machine does falls on all of them alike.
 *
 * @throws Error when an answer was not that it was taken, or what was accepted is not there
 */
export async function runRounds<Name extends string>(
  subjects: ReadonlyMap<Name, Subject>,
  load: LoadProcess,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  progress: (done: number) => void,
): Promise<ReadonlyMap<Name, Measured>> {
  const slices = new Map<Name, Slice[]>()
  for (const [name, subject] of subjects) {
    await runSlice(subject, load, WARM_UP_SECONDS)
    slices.set(name, [])
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [name, subject] of subjects) slices.get(name)?.push(await runSlice(subject, load, seconds))
    progress(round)
  }
  return new Map(
    [...slices].map(([name, all]) => [name, summarise(subjects.get(name)?.title ?? name, all)] as const),
  )
}

async function runSlice(subject: Subject, load: LoadProcess, seconds: number): Promise<Slice> {
  const { name, process, shape, rows } = subject
  const before = cpuMicros(process.pid)
  const result = await load.run({ name, port: process.port, key: NOTIFY_KEY, seconds, ...shape })
  const after = cpuMicros(process.pid)
  const { accepted, refused } = result
  if (refused !== null) throw new Error(`${name}: an answer was not that it was taken: ${refused}`)
  const kept = (await rows?.count()) ?? accepted
  if (kept !== accepted) throw new Error(`${name}: ${accepted} were accepted and ${kept} are there.`)
  return {
    perSecond: accepted / result.seconds,
    cpu: before === null || after === null ? null : (after - before) / accepted,
    resident: residentMiB(process.pid),
    accepted,
  }
}

function summarise(title: string, slices: readonly Slice[]): Measured {
  const cpu = slices.map((slice) => slice.cpu).filter((value) => value !== null)
  const resident = slices.map((slice) => slice.resident).filter((value) => value !== null)
  return {
    title,
    perSecond: spreadOf(slices.map((slice) => slice.perSecond)),
    cpuMicros: cpu.length === 0 ? null : spreadOf(cpu),
    residentMiB: resident.length === 0 ? null : Math.max(...resident),
    accepted: slices.reduce((sum, slice) => sum + slice.accepted, 0),
  }
}
