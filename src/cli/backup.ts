import { backUpStore } from '../store/open.ts'
import { bytesInWords } from './bytes-in-words.ts'
import { EXIT } from './exit.ts'
import { settings } from './settings.ts'

/** Copies the database into a new file, also while the server runs. */
export function backup(target: string): number {
  const { file, bytes, open, problems, history } = backUpStore(settings().database, target, process.pid)
  console.log(
    `${file} is complete and checked: ${bytesInWords(bytes)}, ${problems} problems (${open} open), ${history} lines of history.`,
  )
  return EXIT.done
}
