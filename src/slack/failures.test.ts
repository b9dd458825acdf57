import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api'
import { describe, expect, it } from 'vitest'
import { platformFailure, slackFailure } from './failures.ts'

/** Every word of chat.postMessage and chat.update, and some of others, by what is done about it. */
const WORDS = {
  never: [
    'cannot_reply_to_message',
    'missing_post_type',
    'missing_file_data',
    'team_not_found',
    'method_deprecated',
    'deprecated_endpoint',
    'restricted_action_thread_locked',
    'restricted_action_non_threadable_channel',
    'slack_connect_canvas_sharing_blocked',
    'slack_connect_file_link_sharing_blocked',
    'slack_connect_blocked_file_type',
    'slack_connect_lists_sharing_blocked',
    'expired_trigger_id',
  ],
  'too-late': ['expired_url', 'used_url'],
  elsewhere: [
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'restricted_action_some_new_rule',
    'messages_tab_disabled',
  ],
  plainer: [
    'no_text',
    'invalid_blocks',
    'invalid_blocks_format',
    'msg_blocks_too_long',
    'msg_too_long',
    'too_many_attachments',
    'attachment_payload_limit_exceeded',
    'markdown_text_conflict',
    'invalid_attachments',
    'invalid_metadata_format',
    'invalid_metadata_schema',
    'metadata_too_large',
    'metadata_must_be_sent_from_app',
    'invalid_arguments',
    'invalid_arg_name',
    'invalid_array_arg',
    'invalid_charset',
    'invalid_form_data',
    'invalid_post_type',
  ],
  stop: [
    'not_authed',
    'invalid_auth',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'missing_scope',
    'no_permission',
    'not_allowed_token_type',
    'access_denied',
    'ekm_access_denied',
    'enterprise_is_restricted',
    'org_login_required',
    'two_factor_setup_required',
    'team_access_not_granted',
    'accesslimited',
  ],
  gone: [
    'message_not_found',
    'cant_update_message',
    'edit_window_closed',
    'is_inactive',
    'block_mismatch',
    'thread_not_found',
  ],
  later: [
    'ratelimited',
    'rate_limited',
    'service_unavailable',
    'team_added_to_org',
    'external_channel_migrating',
    'update_failed',
    'streaming_state_conflict',
  ],
  after: ['message_limit_exceeded'],
  ambiguous: ['internal_error', 'fatal_error', 'request_timeout'],
} as const

describe.each(Object.entries(WORDS))('%s', (kind, words) => {
  it.each(words)('is what %s means', (word) => {
    const failure = platformFailure(word)

    expect(failure.retry.kind).toBe(kind)
    expect(failure.detail).toBe(word)
    expect(failure.message).toMatch(/^(Slack|The message)/)
  })
})

describe('what nobody knows', () => {
  it('is tried again later, and its word is told', () => {
    expect(platformFailure('brand_new_error')).toMatchObject({
      retry: { kind: 'later' },
      detail: 'brand_new_error',
    })
  })

  it.each(['', '<html>502 Bad Gateway</html>', 'x'.repeat(5_000), 'Bad Gateway', 'constructor '])(
    'that is no word of Slack may have been done: %#',
    (word) => {
      const failure = platformFailure(word)

      expect(failure.retry.kind).toBe('ambiguous')
      expect(JSON.stringify(failure)).not.toContain('html')
    },
  )
})

describe('an error of the SDK', () => {
  it('of the platform is known by its word', () => {
    const error = new WebAPIPlatformError({ ok: false, error: 'is_archived', response_metadata: {} })

    expect(slackFailure(error)).toMatchObject({ retry: { kind: 'elsewhere' }, detail: 'is_archived' })
  })

  it('of the rate waits as long as Slack says', () => {
    expect(slackFailure(new WebAPIRateLimitedError(7))).toMatchObject({
      code: 'rate_limited',
      retry: { kind: 'after', ms: 7_000 },
    })
    expect(slackFailure(new WebAPIRateLimitedError(0)).retry).toEqual({ kind: 'after', ms: 1_000 })
  })

  it.each<[number, string]>([
    [500, 'ambiguous'],
    [503, 'ambiguous'],
    [404, 'later'],
    [403, 'later'],
  ])('with status %i is %s', (status, kind) => {
    const error = new WebAPIHTTPError(status, '', {})

    expect(slackFailure(error).retry.kind).toBe(kind)
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])(
    'of the connection (%s) may have been done',
    (code) => {
      const cause = Object.assign(new Error('fetch failed'), {
        cause: Object.assign(new Error('x'), { code }),
      })

      expect(slackFailure(new WebAPIRequestError(cause))).toMatchObject({
        retry: { kind: 'ambiguous' },
        detail: code,
      })
    },
  )

  it('that is none of these, and what is no error at all, may have been done', () => {
    for (const thrown of [new Error('boom'), 'text', null, undefined, 5])
      expect(slackFailure(thrown).retry.kind).toBe('ambiguous')
  })

  it('is left as it is when it was classified already', () => {
    const failure = platformFailure('is_archived')

    expect(slackFailure(failure)).toBe(failure)
  })
})
