import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import type { Icinga } from './call-icinga.ts'
import type { Config } from './config.ts'
import { EVENT_TYPES } from './listen.ts'
import { problemNames } from './read-objects.ts'

type Needed = { readonly what: string; readonly permissions: readonly string[] }

const ORDERS: readonly Needed[] = [
  { what: 'right to acknowledge', permissions: ['actions/acknowledge-problem'] },
  { what: 'right to remove acknowledgements', permissions: ['actions/remove-acknowledgement'] },
  { what: 'right to comment', permissions: ['actions/add-comment'] },
  { what: 'right to schedule downtimes', permissions: ['actions/schedule-downtime'] },
  { what: 'right to remove downtimes', permissions: ['actions/remove-downtime'] },
  {
    what: 'right to read',
    permissions: ['Host', 'Service', 'Comment', 'Downtime'].map((type) => `objects/query/${type}`),
  },
]
const EVENTS: Needed = {
  what: 'right to hear of events',
  permissions: EVENT_TYPES.map((type) => `events/${type}`),
}

/** Tries what can be tried without changing anything. Never throws. */
export async function examine(icinga: Icinga, settings: Config, name: string): Promise<readonly Finding[]> {
  let user: Awaited<ReturnType<Icinga['user']>>
  try {
    user = await icinga.user()
  } catch (error) {
    return notReached(error, name)
  }
  const version = user.version === undefined ? '' : ` ${user.version.slice(0, 40)}`
  const needed = settings.events ? [...ORDERS, EVENTS] : ORDERS
  return [
    { what: 'reach', ok: true, found: `Icinga 2${version} answers.`, advice: null },
    certificateOf(settings),
    { what: 'credentials', ok: true, found: `${name} accepts our user and password.`, advice: null },
    ...needed.map((right) => rightOf(right, user.permissions ?? null)),
    await tryRead(icinga, name),
  ]
}

function certificateOf({ url = '', insecure, ca }: Config): Finding {
  const what = 'certificate'
  if (!url.startsWith('https:')) {
    const found = 'The connection is not encrypted; the password can be read on its way.'
    return { what, ok: false, found, advice: 'Let url begin with https://.' }
  }
  if (insecure) {
    const found = 'The certificate is not verified, because insecure is set.'
    return { what, ok: true, found, advice: `Set ca instead. ${CA_ADVICE}` }
  }
  const by = ca === undefined ? 'the certificates of the system' : 'ca'
  return { what, ok: true, found: `The certificate is trusted by ${by}.`, advice: null }
}

const CA_ADVICE = 'It is a copy of /var/lib/icinga2/certs/ca.crt of the Icinga server.'

function notReached(error: unknown, name: string): readonly Finding[] {
  if (!(error instanceof Failure)) {
    const advice = 'Report this with the log, please.'
    return [{ what: 'reach', ok: false, found: 'Something unexpected happened.', advice }]
  }
  const { code, detail, message } = error
  const reached: Finding = { what: 'reach', ok: true, found: `${name} answers.`, advice: null }
  if (/ALTNAME/.test(detail ?? '')) {
    const advice =
      "Let url name the host as Icinga's certificate does (usually its NodeName), not by its IP address."
    return [
      reached,
      { what: 'certificate', ok: false, found: 'The certificate is for another name.', advice },
    ]
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(detail ?? '')) {
    const advice = `Set ca to a file with the certificate of Icinga's own authority. ${CA_ADVICE}`
    return [reached, { what: 'certificate', ok: false, found: message, advice }]
  }
  if (code === 'unauthorized') {
    const advice = 'Compare user and password with the ApiUser object, and reload Icinga after changing it.'
    return [reached, { what: 'credentials', ok: false, found: message, advice }]
  }
  const advice = 'Check url, and that the api feature is enabled there and its port (5665) is open for us.'
  return [{ what: 'reach', ok: false, found: message, advice }]
}

function rightOf({ what, permissions }: Needed, granted: readonly string[] | null): Finding {
  if (granted === null) {
    return { what, ok: true, found: 'Icinga does not say what our ApiUser may.', advice: null }
  }
  const missing = permissions.filter((permission) => !granted.some((one) => covers(one, permission)))
  if (missing.length > 0) {
    const found = `Our ApiUser lacks ${missing.join(', ')}.`
    return { what, ok: false, found, advice: 'Add it to the permissions of the ApiUser and reload Icinga.' }
  }
  const whole = permissions.every((permission) =>
    granted.some((one) => covers(one, permission) && !FILTERED.test(one)),
  )
  const found = whole
    ? 'Our ApiUser may.'
    : 'Our ApiUser may, but not for every object: a filter restricts it.'
  return { what, ok: true, found, advice: null }
}

/** How Icinga marks a permission that holds for some objects only. */
const FILTERED = / \(filtered\)$/

/** Icinga compares permissions ignoring case, with `*` and `?` as in a glob. */
function covers(granted: string, permission: string): boolean {
  const pattern = granted
    .replace(FILTERED, '')
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`).test(permission.toLowerCase())
}

async function tryRead(icinga: Icinga, name: string): Promise<Finding> {
  const what = 'read'
  try {
    const hosts = await problemNames(icinga, name, 'hosts')
    const services = await problemNames(icinga, name, 'services')
    const found = `Problems at the moment: ${hosts.length} of hosts, ${services.length} of services.`
    return { what, ok: true, found, advice: null }
  } catch (error) {
    const found = error instanceof Failure ? error.message : 'Something unexpected happened.'
    return { what, ok: false, found, advice: 'See the right to read.' }
  }
}
