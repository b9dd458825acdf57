import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'

/*
 * What a Nagios for tests is configured with. Whatever the README tells people to paste is taken out of the README, so that
 * what is documented is what is tested.
 */

const README = resolve('src/monitors/nagios/README.md')

export function mainConfig(folder: string, commandFile: string, statusSeconds: number): string {
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
  return [
    `log_file=${folder}/nagios.log`,
    `cfg_dir=${folder}/objects`,
    `object_cache_file=${folder}/objects.cache`,
    `precached_object_file=${folder}/objects.precache`,
    `status_file=${folder}/status.dat`,
    `status_update_interval=${statusSeconds}`,
    `nagios_user=${userInfo().username}`,
    `nagios_group=${group}`,
    'check_external_commands=1',
    `command_file=${commandFile}`,
    `lock_file=${folder}/nagios.pid`,
    `temp_file=${folder}/nagios.tmp`,
    `temp_path=${folder}`,
    `check_result_path=${folder}/checkresults`,
    `query_socket=${folder}/nagios.qh`,
    `state_retention_file=${folder}/retention.dat`,
    'retain_state_information=1',
    'use_retained_program_state=0',
    'check_result_reaper_frequency=1',
    'use_syslog=0',
    'log_notifications=1',
    'log_external_commands=1',
    'log_passive_checks=0',
    'execute_service_checks=0',
    'execute_host_checks=0',
    'accept_passive_service_checks=1',
    'accept_passive_host_checks=1',
    'enable_notifications=1',
    'enable_flap_detection=0',
    'enable_environment_macros=0',
    'check_for_updates=0',
    'illegal_object_name_chars=`~!$%^&*|\'"<>?,()=',
    'illegal_macro_output_chars=`~$&|\'"<>',
    '',
  ].join('\n')
}

/** @param otherContact notification command of a contact beside ours */
export function objectsOf(
  hosts: Readonly<Record<string, readonly string[]>>,
  otherContact: string | null,
): string {
  const contacts = otherContact === null ? 'slack' : 'slack,other'
  const checks = Object.entries(hosts).flatMap(([host, services]) => [
    `define host {
  host_name              ${escapeName(host)}
  address                192.0.2.1
  max_check_attempts     1
  check_command          nothing
  check_period           24x7
  active_checks_enabled  0
  notification_period    24x7
  notification_interval  0
  contacts               ${contacts}
}`,
    ...services.map(
      (service) => `define service {
  host_name              ${escapeName(host)}
  service_description    ${escapeName(service)}
  max_check_attempts     1
  check_command          nothing
  check_period           24x7
  active_checks_enabled  0
  notification_period    24x7
  notification_interval  0
  contacts               ${contacts}
}`,
    ),
  ])
  return [
    'define command {\n  command_name nothing\n  command_line /bin/true\n}',
    `define timeperiod {
  timeperiod_name 24x7
  alias           always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}`,
    ...(otherContact === null ? [] : [contactOf(otherContact)]),
    ...checks,
    '',
  ].join('\n')
}

function contactOf(commandLine: string): string {
  return `define command {
  command_name  notify-other
  command_line  ${escapeName(commandLine)}
}
define contact {
  contact_name                   other
  host_notification_commands     notify-other
  service_notification_commands  notify-other
  host_notification_options      d,u,r,f,s
  service_notification_options   w,u,c,r,f,s
  host_notification_period       24x7
  service_notification_period    24x7
}`
}

export function cgiConfig(folder: string): string {
  return [
    `main_config_file=${folder}/nagios.cfg`,
    'use_pending_states=1',
    blockWith('authorized_for_all_hosts'),
    '',
  ].join('\n')
}

/** @returns the documented notification commands and contact. @param notifyCommand takes the place of the program */
export function documentedObjects(notifyCommand: string): string {
  return filledIn(blockWith('define command'), { '/usr/bin/ackbridge': notifyCommand })
}

/** @returns the documented `monitors:` of ackbridge.yml, for a Nagios on the same host */
export function documentedYaml(commandFile: string, statusJson: string): string {
  return filledIn(blockWith('statusJson:'), {
    '/var/lib/nagios4/rw/nagios.cmd': commandFile,
    'https://nagios.example.com/nagios4/cgi-bin/statusjson.cgi': statusJson,
  })
}

/** @returns the documented notify.env */
export function documentedNotifyEnv(url: string, key: string, spool: string): string {
  return filledIn(blockWith('ACKBRIDGE_NOTIFY_KEY=').replace(/^[\s\S]*?(?=^ACKBRIDGE_)/m, ''), {
    'https://ackbridge.example.com': url,
    'the-key': key,
    '/var/spool/ackbridge': spool,
  })
}

/** In an object file a semicolon begins a comment. */
function escapeName(name: string): string {
  return name.replaceAll(';', '\\;')
}

function filledIn(block: string, values: Readonly<Record<string, string>>): string {
  let text = block
  for (const [documented, value] of Object.entries(values)) {
    if (!text.includes(documented)) throw new Error(`${README} does not say ${documented} where it did.`)
    text = text.replaceAll(documented, () => value)
  }
  return text
}

function blockWith(text: string): string {
  const found = [...readFileSync(README, 'utf8').matchAll(/^```\w*\n([\s\S]*?)^```$/gm)]
    .map(([, block = '']) => block)
    .find((block) => block.includes(text))
  if (found === undefined) throw new Error(`${README} has no block with ${text}.`)
  return found
}
