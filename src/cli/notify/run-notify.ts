/*
 * Runs `ackbridge notify` without the rest of the command line: the background flusher, and whoever wants the shortest way.
 */
import { notify } from './notify.ts'

process.exit(await notify(process.argv.slice(2), process.env))
