import { describe, expect, it } from 'vitest'
import type { Config } from './config.ts'
import { secretsOf, withoutSecrets } from './secrets.ts'

const CONFIG = {
  slack: { botToken: 'xoxb-bot', signingSecret: 'signing', appToken: null, apiUrl: 'https://slack.com/api/' },
  notifyKey: 'the-notify-key',
  proxy: { https: 'http://user:proxypass@proxy:3128', no: '' },
  monitors: [
    {
      name: 'dc1',
      kind: 'nagios',
      settings: {
        kind: 'nagios',
        pollSeconds: 60,
        adopt: false,
        livestatus: 'unix:/run/live',
        statusJson: { url: 'http://x', user: 'somebody', password: 'deep-down' },
        apiKey: 'api-key',
        token: 'tok',
        secretFile: '/run/secrets/x',
        bearer: ['in-a-list'],
        commandFile: '/var/nagios.cmd',
        map: { key: { path: 'labels.id' }, labels: { token: 'a.path' } },
      },
    },
  ],
} as unknown as Config

describe('the secrets of a configuration', () => {
  it('are found wherever they stand, longest first', () => {
    expect(secretsOf(CONFIG)).toEqual([
      'the-notify-key',
      'deep-down',
      'in-a-list',
      'proxypass',
      'xoxb-bot',
      'signing',
      'api-key',
    ])
  })

  it('are struck out of a text, also as parts of an address', () => {
    const secrets = ['a/b c+d', 'abcd']
    expect(withoutSecrets('http://x/a%2Fb%20c%2Bd and a/b c+d, abcd!', secrets)).toBe(
      'http://x/*** and ***, ***!',
    )
  })
})
