import type { WebClient } from '@slack/web-api'
import type { Groups, Person } from '../core/permit.ts'
import type { Clock } from '../core/ports.ts'

/** What the workspace says of a person or group is believed for this long. */
const KEEP_MS = 5 * 60_000
/** People kept at once; the one asked for longest ago goes first. */
const PEOPLE_MAX = 5_000
/** Slack's own bot, which users.info calls a person. */
const SLACKBOT = 'USLACKBOT'

export type People = {
  /** Never throws: what could not be found out in time is `unknown`. */
  person(id: string): Promise<Person>
  /** @returns the members of each group; null for those that could not be read in time */
  groups(ids: readonly string[]): Promise<Groups>
}

type User = {
  id?: string
  name?: string
  team_id?: string
  deleted?: boolean
  is_bot?: boolean
  is_workflow_bot?: boolean
  is_restricted?: boolean
  is_ultra_restricted?: boolean
  is_stranger?: boolean
  real_name?: string
  tz?: string
  profile?: { display_name?: string; real_name?: string }
  enterprise_user?: { teams?: string[] }
}

/**
 * Asks Slack who people are.
 *
 * @param client one whose calls give up well inside the three seconds that a request may take
 * @param team id of the workspace we belong to; null while that is not known
 */
export function createPeople(client: WebClient, team: () => string | null, clock: Clock): People {
  const people = new Map<string, { person: Person; read: number }>()
  const groups = new Map<string, { members: ReadonlySet<string>; read: number }>()

  async function person(id: string): Promise<Person> {
    const known = people.get(id)
    if (known !== undefined && clock.now() - known.read < KEEP_MS) return known.person
    const ours = team()
    try {
      const { user } = await client.users.info({ user: id })
      if (ours === null) throw new Error('The workspace is not known yet.')
      const found = toPerson(id, user as User, ours)
      people.delete(id)
      people.set(id, { person: found, read: clock.now() })
      const [oldest] = people.keys()
      if (people.size > PEOPLE_MAX && oldest !== undefined) people.delete(oldest)
      return found
    } catch {
      return { id, name: known?.person.name ?? id, zone: known?.person.zone ?? null, standing: 'unknown' }
    }
  }

  async function members(id: string): Promise<ReadonlySet<string> | null> {
    const known = groups.get(id)
    if (known !== undefined && clock.now() - known.read < KEEP_MS) return known.members
    try {
      const { users } = await client.usergroups.users.list({ usergroup: id })
      const found = new Set(users ?? [])
      groups.set(id, { members: found, read: clock.now() })
      return found
    } catch {
      return null
    }
  }

  return {
    person,
    groups: async (ids) =>
      new Map(await Promise.all(ids.map(async (id) => [id, await members(id)] as const))),
  }
}

function toPerson(id: string, user: User, team: string): Person {
  const name = user.profile?.display_name || user.profile?.real_name || user.real_name || user.name || id
  return { id, name, zone: user.tz ?? null, standing: standingOf(id, user, team) }
}

function standingOf(id: string, user: User, team: string): Person['standing'] {
  if (user.deleted) return 'deactivated'
  if (user.is_bot || user.is_workflow_bot || id === SLACKBOT) return 'bot'
  const ours = user.team_id === team || user.enterprise_user?.teams?.includes(team) === true
  if (user.is_stranger || !ours) return 'stranger'
  if (user.is_restricted || user.is_ultra_restricted) return 'guest'
  return 'member'
}
