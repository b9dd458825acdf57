import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RawEnv, readEnv } from './env.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-env-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function faults(env: RawEnv): readonly string[] {
  return readEnv(env, folder).faults
}

describe('the environment', () => {
  it('is read value by value, without blanks around it; empty is absent', () => {
    const { env } = readEnv(
      {
        PORT: '8080',
        HOST: ' 0.0.0.0 ',
        TRUST_PROXY: '1',
        LOG_LEVEL: 'warn',
        SLACK_CHANNEL: '',
        TLS_CERT: ' ',
      },
      folder,
    )
    expect(env).toMatchObject({ PORT: 8080, HOST: '0.0.0.0', TRUST_PROXY: true, LOG_LEVEL: 'warn' })
    expect([env.SLACK_CHANNEL, env.TLS_CERT]).toEqual([undefined, undefined])
  })

  it('takes proxies in lower case too', () => {
    expect(readEnv({ https_proxy: 'http://p:1', no_proxy: 'a,b' }, folder).env).toMatchObject({
      HTTPS_PROXY: 'http://p:1',
      NO_PROXY: 'a,b',
    })
  })

  it.each([
    ['PORT', 'eighty', 'PORT has to be a number from 0 to 65535.'],
    ['PORT', '65536', 'PORT has to be a number from 0 to 65535.'],
    ['PORT', '-1', 'PORT has to be a number from 0 to 65535.'],
    ['PORT', '80.5', 'PORT has to be a number from 0 to 65535.'],
    ['TRUST_PROXY', 'maybe', 'TRUST_PROXY has to be 0 or 1.'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL has to be one of trace, debug, info, warn, error, fatal, silent.'],
  ])('%s=%s is refused in a sentence', (name, value, sentence) => {
    expect(faults({ [name]: value })).toEqual([sentence])
  })

  it('says everything that is wrong at once', () => {
    expect(faults({ PORT: 'x', LOG_LEVEL: 'y', SLACK_BOT_TOKEN_FILE: '/nonexistent' })).toHaveLength(3)
  })

  it.each(['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN', 'ACKBRIDGE_NOTIFY_KEY'] as const)(
    'takes %s from a file, and refuses both and what cannot be read',
    (name) => {
      const file = join(folder, 'secret')
      writeFileSync(file, ' the-secret\n')

      expect(readEnv({ [`${name}_FILE`]: file }, folder).env[name]).toBe('the-secret')
      expect(faults({ [name]: 'x', [`${name}_FILE`]: file })).toEqual([
        `${name} and ${name}_FILE are both set. Set one of them.`,
      ])
      expect(faults({ [`${name}_FILE`]: join(folder, 'nothing') })[0]).toMatch(
        new RegExp(`^${name}_FILE names .*nothing, which cannot be read \\(ENOENT\\)`),
      )
    },
  )

  it('keeps what can be used beside what cannot, and knows which that is', () => {
    const { env, unusable } = readEnv(
      { PORT: 'x', HOST: '::1', SLACK_APP_TOKEN_FILE: '/nonexistent' },
      folder,
    )
    expect(env).toEqual({ HOST: '::1' })
    expect([...unusable].sort()).toEqual(['PORT', 'SLACK_APP_TOKEN'])
  })

  it('does not take an empty file for a secret', () => {
    const file = join(folder, 'empty')
    writeFileSync(file, '\n')
    expect(faults({ SLACK_BOT_TOKEN_FILE: file })).toEqual([
      `SLACK_BOT_TOKEN_FILE names ${file}, which is empty.`,
    ])
  })

  it('does not say a secret in a fault', () => {
    expect(
      faults({ SLACK_BOT_TOKEN: 'xoxb-secret', SLACK_BOT_TOKEN_FILE: 'x', PORT: 'y' }).join(),
    ).not.toContain('xoxb')
  })

  it('is completed by .env, which never overrules it', () => {
    writeFileSync(join(folder, '.env'), '# ours\nPORT=4000\nHOST="0.0.0.0"\n')

    const { env, set } = readEnv({ PORT: '5000' }, folder)

    expect(env).toMatchObject({ PORT: 5000, HOST: '0.0.0.0' })
    expect(set['HOST']).toBe('0.0.0.0')
  })
})
