import { openStoreBeside } from '../store/open.ts'
import { newIntakeKey } from '../system/new-intake-key.ts'
import { EXIT } from './exit.ts'
import { settings } from './settings.ts'
import { table } from './table.ts'

export type AddOptions = {
  readonly monitor?: readonly string[]
  readonly read?: boolean
  readonly channel?: string
}

/** Makes a key and shows it, this once. */
export function keysAdd(name: string, { monitor, read = false, channel }: AddOptions): number {
  if (monitor === undefined && !read) {
    console.error(
      "Say what the key is for: --monitor NAME to send for a monitor ('*' for all), --read to read, or both.",
    )
    return EXIT.wrong
  }
  const { database } = settings()
  const store = openStoreBeside(database, 'make')
  try {
    if (store.keys.list().some((key) => key.name === name && key.revoked === null)) {
      console.error(`There is a key called ${name} already. Revoke it first, or choose another name.`)
      return EXIT.wrong
    }
    const { key, id, digest } = newIntakeKey()
    store.keys.add({
      id,
      name,
      digest,
      monitors: monitor ?? [],
      mayRead: read,
      channel: channel ?? null,
      created: Date.now(),
    })
    console.log(key)
    console.error('Keep it now: it is not shown again.')
    return EXIT.done
  } finally {
    store.close()
  }
}

/** Lists keys; never what they are. */
export function keysList(): number {
  const store = openStoreBeside(settings().database, 'make')
  try {
    const rows = store.keys
      .list()
      .map(({ id, name, monitors, mayRead, channel, created, revoked }) => [
        name,
        id,
        monitors.join(', '),
        mayRead ? 'yes' : 'no',
        channel ?? '',
        new Date(created).toISOString(),
        revoked === null ? '' : new Date(revoked).toISOString(),
      ])
    console.log(table(['name', 'id', 'monitors', 'reads', 'channel', 'created', 'revoked'], rows))
    return EXIT.done
  } finally {
    store.close()
  }
}

/** Makes a key useless, at once or within a second for a running server. */
export function keysRevoke(nameOrId: string): number {
  const store = openStoreBeside(settings().database, 'make')
  try {
    if (store.keys.revoke(nameOrId, Date.now()) > 0) return EXIT.done
    console.error(`There is no key ${nameOrId} in use. \`ackbridge keys list\` shows them.`)
    return EXIT.wrong
  } finally {
    store.close()
  }
}
