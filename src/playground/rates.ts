/*
 * Slack's rate limits as token buckets. Numbers per minute are Slack's published tiers; the bursts are ours,
 * because Slack names none. https://docs.slack.dev/apis/web-api/rate-limits
 */

type Limit = { perMinute: number; burst: number }

const tiers = {
  special: { perMinute: 60, burst: 4 },
  one: { perMinute: 1, burst: 5 },
  two: { perMinute: 20, burst: 20 },
  three: { perMinute: 50, burst: 50 },
  four: { perMinute: 100, burst: 100 },
} satisfies Record<string, Limit>

const tierOfMethod: Record<string, Limit> = {
  'chat.postMessage': tiers.special,
  'apps.connections.open': tiers.one,
  'conversations.list': tiers.two,
  'users.list': tiers.two,
  'usergroups.list': tiers.two,
  'usergroups.users.list': tiers.two,
  'chat.update': tiers.three,
  'chat.delete': tiers.three,
  'reactions.add': tiers.three,
  'conversations.history': tiers.three,
  'conversations.info': tiers.three,
  'conversations.join': tiers.three,
  'conversations.open': tiers.three,
  'conversations.replies': tiers.three,
  'bots.info': tiers.three,
  'team.info': tiers.three,
  'views.open': tiers.four,
  'views.push': tiers.four,
  'views.update': tiers.four,
  'views.publish': tiers.four,
  'chat.postEphemeral': tiers.four,
  'users.info': tiers.four,
  'conversations.members': tiers.four,
}

export type Rates = { take(method: string, channel: string | undefined): number }

/**
 * @param now epoch milliseconds
 * @returns `take` spends one call: 0 when it is allowed, else the seconds to wait (a whole number, at least 1)
 */
export function createRates(now: () => number): Rates {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take(method, channel) {
      const limit = tierOfMethod[method]
      if (!limit) return 0
      const key = method === 'chat.postMessage' ? `${method} ${channel ?? ''}` : method
      const at = now()
      const last = buckets.get(key) ?? { tokens: limit.burst, at }
      const refilled = last.tokens + (Math.max(0, at - last.at) * limit.perMinute) / 60_000
      const tokens = Math.min(limit.burst, refilled)
      buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at })
      return tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / limit.perMinute))
    },
  }
}
