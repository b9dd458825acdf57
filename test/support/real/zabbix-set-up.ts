/* What a Zabbix is told through its API to talk to ackbridge, as the README of its kind says it in words. */

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, which fail where they are not what is expected
export type Json = any

type Ask = (method: string, params: object, auth: string | null) => Promise<Json>

export type Things = {
  /** Session of the administrator, and of a person. */
  readonly admin: string
  readonly jane: string
  /** Of the user whom ackbridge is. */
  readonly userid: string
  readonly roleid: string
  readonly tokenid: string
  readonly token: string
  readonly mediatypeid: string
  readonly host: string
  /** Ids by name. */
  readonly triggers: ReadonlyMap<string, string>
}

const HOST = 'app'
const PASSWORD = 'Rx7-long-enough-for-zabbix'

export async function setUp(
  ask: Ask,
  given: { readonly services: readonly string[]; readonly mediaType: string; readonly frontend: string },
): Promise<Things> {
  const admin: string = await ask('user.login', { username: 'Admin', password: 'zabbix' }, null)
  const tell = (method: string, params: object): Promise<Json> => ask(method, params, admin)
  const {
    groupids: [groupid],
  } = await tell('hostgroup.create', { name: 'Applications' })
  const triggers = await makeTriggers(tell, groupid, given.services)
  await tell('configuration.import', {
    format: 'yaml',
    source: given.mediaType,
    rules: { mediaTypes: { createMissing: true, updateExisting: true } },
  })
  const [{ mediatypeid }] = await tell('mediatype.get', {
    filter: { name: 'ackbridge' },
    output: ['mediatypeid'],
  })
  await tell('usermacro.createglobal', { macro: '{$ZABBIX.URL}', value: given.frontend })
  const { userid, roleid } = await makeUsers(tell, groupid)
  await makeAction(tell, mediatypeid, userid)
  const {
    tokenids: [tokenid],
  } = await tell('token.create', { name: 'ackbridge', userid })
  const [{ token }] = await tell('token.generate', [tokenid])
  const jane = await ask('user.login', { username: 'jane', password: PASSWORD }, null)
  return { admin, jane, userid, roleid, tokenid, token, mediatypeid, host: HOST, triggers }
}

async function makeTriggers(
  tell: (method: string, params: object) => Promise<Json>,
  groupid: string,
  services: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const {
    hostids: [hostid],
  } = await tell('host.create', { host: HOST, name: 'Application server', groups: [{ groupid }] })
  const keys = services.map((_, n) => `trap[${n}]`)
  await tell(
    'item.create',
    keys.map((key_) => ({ hostid, name: key_, key_, type: 2, value_type: 4, delay: '0' })),
  )
  const { triggerids } = await tell(
    'trigger.create',
    services.map((description, n) => ({
      description,
      expression: `find(/${HOST}/${keys[n]},,"regexp","^ILL")=1`,
      opdata: '{ITEM.LASTVALUE1}',
      priority: 4,
      manual_close: 1,
      tags: [{ tag: 'team', value: 'web' }],
    })),
  )
  return new Map(services.map((service, n) => [service, triggerids[n]]))
}

async function makeUsers(
  tell: (method: string, params: object) => Promise<Json>,
  groupid: string,
): Promise<{ userid: string; roleid: string }> {
  const {
    usrgrpids: [usrgrpid],
  } = await tell('usergroup.create', { name: 'ackbridge', rights: [{ id: groupid, permission: 2 }] })
  const {
    roleids: [roleid],
  } = await tell('role.create', {
    name: 'ackbridge',
    type: 1,
    rules: {
      'ui.default_access': 0,
      ui: [{ name: 'monitoring.problems', status: 1 }],
      'actions.default_access': 0,
      actions: [
        { name: 'acknowledge_problems', status: 1 },
        { name: 'add_problem_comments', status: 1 },
      ],
      'api.access': 1,
      'api.mode': 1,
      api: ['event.get', 'event.acknowledge', 'problem.get', 'trigger.get', 'user.get'],
    },
  })
  const { userids } = await tell('user.create', [
    { username: 'ackbridge', passwd: PASSWORD, roleid, usrgrps: [{ usrgrpid }] },
    {
      username: 'jane',
      name: 'Jane',
      surname: 'Doe',
      passwd: PASSWORD,
      roleid: '1',
      usrgrps: [{ usrgrpid }],
    },
  ])
  return { userid: userids[0], roleid }
}

async function makeAction(
  tell: (method: string, params: object) => Promise<Json>,
  mediatypeid: string,
  userid: string,
): Promise<void> {
  const message = { opmessage: { default_msg: 1, mediatypeid }, opmessage_usr: [{ userid }] }
  await tell('action.create', {
    name: 'ackbridge',
    eventsource: 0,
    esc_period: '1h',
    filter: { evaltype: 0, conditions: [] },
    operations: [{ operationtype: 0, ...message }],
    recovery_operations: [{ operationtype: 0, ...message }],
    update_operations: [{ operationtype: 0, ...message }],
  })
}
