#!/usr/bin/env node
// A monitor runs `notify` once per contact, with a deadline: nothing else is loaded for it.
const [command = '', ...rest] = process.argv.slice(2)
if (command === 'notify') {
  const { notify } = await import('./cli/notify/notify.ts')
  // A name look-up that hangs would keep the process alive.
  process.exit(await notify(rest, process.env))
} else {
  const { run } = await import('./cli/run.ts')
  process.exitCode = await run(process.argv)
}
