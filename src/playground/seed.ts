/*
 * The workspace a newcomer finds: who is there, which channels, which groups. Ids are fixed, so that a database that
 * belongs to this workspace still does after a restart.
 */
import { randomBytes } from 'node:crypto'

export type User = {
  id: string
  name: string
  realName: string
  /** IANA zone; Slack's users.info names it `tz`. */
  zone: string
  isAdmin: boolean
  /** A guest; with `isUltraRestricted` one who is bound to a single channel. */
  isRestricted: boolean
  isUltraRestricted: boolean
  /** Somebody of another workspace, met in a shared channel. */
  isStranger: boolean
  isDeleted: boolean
  isBot: boolean
  teamId: string
  /** Hex colour of the avatar on the page. */
  colour: string
}

export type Channel = {
  id: string
  name: string
  isPrivate: boolean
  isArchived: boolean
  /** A direct message between the app and `imUser`. */
  isIm: boolean
  imUser?: string
  members: string[]
  topic: string
  /** Epoch seconds. */
  created: number
}

export type UserGroup = { id: string; handle: string; name: string; users: string[]; isDisabled: boolean }

export type Identity = {
  teamId: string
  teamName: string
  teamDomain: string
  botUserId: string
  botId: string
  appId: string
  appName: string
  botToken: string
  signingSecret: string
  appToken: string
}

export type PersonName =
  | 'ann'
  | 'ben'
  | 'guest'
  | 'singleChannelGuest'
  | 'stranger'
  | 'deactivated'
  | 'robot'
  | 'admin'

export const people: Record<PersonName, string> = {
  ann: 'U0PGANN0001',
  ben: 'U0PGBEN0002',
  guest: 'U0PGGUEST03',
  singleChannelGuest: 'U0PGSINGL04',
  stranger: 'U0PGSTRNG05',
  deactivated: 'U0PGGONE006',
  robot: 'U0PGROBOT07',
  admin: 'U0PGADMIN08',
}

export const channels = {
  alerts: 'C0PGALERTS1',
  database: 'C0PGDATAB02',
  random: 'C0PGRANDM03',
  secret: 'C0PGSECRT04',
}

const teamId = 'T0PLAYGRND1'
const botUserId = 'U0PGBOTUSR9'

/** Tokens are random but say what they are, so that nobody takes one for a real secret. */
export function createIdentity(): Identity {
  return {
    teamId,
    teamName: 'Playground',
    teamDomain: 'playground',
    botUserId,
    botId: 'B0PGBOT0009',
    appId: 'A0PGAPP0009',
    appName: 'ackbridge',
    botToken: `xoxb-playground-not-a-real-token-${randomBytes(8).toString('hex')}`,
    signingSecret: randomBytes(16).toString('hex'),
    appToken: `xapp-1-playground-not-a-real-token-${randomBytes(8).toString('hex')}`,
  }
}

/** @param userZone zone of the person who sits at the page */
export function createUsers(userZone: string): User[] {
  const member = {
    isAdmin: false,
    isRestricted: false,
    isUltraRestricted: false,
    isStranger: false,
    isDeleted: false,
    isBot: false,
    teamId,
    zone: userZone,
  }
  return [
    { ...member, id: people.ann, name: 'ann', realName: 'Ann Archer', colour: '7b3f9e' },
    {
      ...member,
      id: people.ben,
      name: 'ben',
      realName: 'Ben Okafor',
      colour: '1f7a5c',
      zone: 'America/New_York',
    },
    { ...member, id: people.admin, name: 'admin', realName: 'Ada Minister', colour: '2f5d9b', isAdmin: true },
    {
      ...member,
      id: people.guest,
      name: 'guest',
      realName: 'Gus Guest',
      colour: 'a35a1c',
      isRestricted: true,
    },
    {
      ...member,
      id: people.singleChannelGuest,
      name: 'single.guest',
      realName: 'Sina Single',
      colour: '8a6d1f',
      isRestricted: true,
      isUltraRestricted: true,
    },
    {
      ...member,
      id: people.stranger,
      name: 'stranger',
      realName: 'Stan Stranger',
      colour: '5c5c66',
      isStranger: true,
      teamId: 'T0ELSEWHER2',
    },
    {
      ...member,
      id: people.deactivated,
      name: 'gone',
      realName: 'Dea Gone',
      colour: '777777',
      isDeleted: true,
    },
    { ...member, id: people.robot, name: 'robot', realName: 'Build Robot', colour: '3a6f8f', isBot: true },
    { ...member, id: botUserId, name: 'ackbridge', realName: 'ackbridge', colour: '1264a3', isBot: true },
  ]
}

/** @param created epoch seconds */
export function createChannels(created: number): Channel[] {
  const everybody = [people.ann, people.ben, people.admin, people.guest]
  const channel = { isPrivate: false, isArchived: false, isIm: false, created }
  return [
    {
      ...channel,
      id: channels.alerts,
      name: 'alerts',
      members: [...everybody, people.singleChannelGuest, people.stranger, people.robot, botUserId],
      topic: 'What is broken right now, and who has it',
    },
    {
      ...channel,
      id: channels.database,
      name: 'database',
      members: [...everybody, botUserId],
      topic: 'Problems of the database hosts',
    },
    {
      ...channel,
      id: channels.random,
      name: 'random',
      members: everybody,
      topic: 'The app is not a member here',
    },
    {
      ...channel,
      id: channels.secret,
      name: 'secret',
      isPrivate: true,
      members: [people.admin, people.ann],
      topic: 'Private; the app cannot see it',
    },
  ]
}

export function createUserGroups(): UserGroup[] {
  return [
    {
      id: 'S0PGOPS0001',
      handle: 'ops',
      name: 'Operations',
      users: [people.ann, people.ben],
      isDisabled: false,
    },
    { id: 'S0PGDBA0002', handle: 'dba', name: 'Database admins', users: [people.ben], isDisabled: false },
  ]
}
