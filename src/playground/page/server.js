/* The page's line to the playground. */

const acting = { as: '' }

export function setActor(id) {
  acting.as = id
}

/** Asks for what `user` sees. */
export async function readState({ user, channel, thread }) {
  const query = new URLSearchParams({ as: user, channel, thread })
  const response = await fetch(`/page-api/state?${query}`)
  return response.json()
}

/** Does something as the person at the page; `{ error }` or `{ errors }` when it did not work. */
export async function act(name, body) {
  try {
    const response = await fetch(`/page-api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as: acting.as, ...body }),
    })
    return await response.json()
  } catch {
    return { error: 'the playground is not running' }
  }
}

/** @param onChange called whenever something in the workspace changed, and after a lost connection */
export function listen(onChange, onLost) {
  const source = new EventSource('/page-api/changes')
  source.addEventListener('message', onChange)
  source.addEventListener('error', onLost)
}
