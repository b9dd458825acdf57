import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api'
import { Failure, type FailureCode, type RetryClass } from '../core/failure.ts'

/*
 * Slack's error words, by what they mean for what was being sent.
 * https://docs.slack.dev/reference/methods/chat.postMessage and chat.update
 */

/** This will not work, however often it is tried. */
const NEVER = [
  'cannot_reply_to_message',
  'missing_post_type',
  'missing_file_data',
  'team_not_found',
  'method_deprecated',
  'deprecated_endpoint',
  'user_not_found',
  'view_too_large',
  'expired_trigger_id',
  'trigger_exchanged',
  'exchanged_trigger_id',
  'invalid_trigger_id',
  // The channel takes messages, only this thread takes no lines.
  'restricted_action_non_threadable_channel',
  'restricted_action_thread_locked',
] as const

/** The address for an answer to one person is taken no more. */
const TOO_LATE = ['expired_url', 'used_url'] as const

/** The channel takes nothing from us; what is to be shown there may be shown in another. */
const ELSEWHERE = [
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'messages_tab_disabled',
] as const

/** The message is refused for what is in it; bare words may be taken. */
const PLAINER = [
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
] as const

/** Families of words, of which Slack adds new ones. What stands in a list above goes first. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^restricted_action_/, 'restricted_action'],
  [/^slack_connect_[a-z_]*blocked/, 'cannot_reply_to_message'],
]

/** Nothing will work until the operator acts. */
const STOP = [
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
] as const

/** The message that was to be changed is not there for us any more. */
const GONE = [
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_inactive',
  'block_mismatch',
  'thread_not_found',
] as const

const LATER = [
  'ratelimited',
  'rate_limited',
  'service_unavailable',
  'team_added_to_org',
  'external_channel_migrating',
  'update_failed',
  'streaming_state_conflict',
] as const

/** Slack says itself that some of it may have been done. */
const AMBIGUOUS = ['internal_error', 'fatal_error', 'request_timeout'] as const

/** The whole workspace writes too much; soon again would only add to it. */
const SLOWLY = ['message_limit_exceeded'] as const
const SLOWLY_MS = 60_000

type Meaning = { readonly code: FailureCode; readonly retry: RetryClass; readonly sentence: string }

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...meaningsOf(NEVER, 'rejected', { kind: 'never' }, 'Slack refuses this message.'),
  ...meaningsOf(TOO_LATE, 'rejected', { kind: 'too-late' }, 'Slack takes no more answers to this action.'),
  ...meaningsOf(ELSEWHERE, 'rejected', { kind: 'elsewhere' }, 'Slack takes no message for this channel.'),
  ...meaningsOf(PLAINER, 'rejected', { kind: 'plainer' }, 'Slack refuses this message as it is drawn.'),
  ...meaningsOf(STOP, 'unauthorized', { kind: 'stop' }, 'Slack refuses our token.'),
  ...meaningsOf(GONE, 'not_found', { kind: 'gone' }, 'The message is not there any more.'),
  ...meaningsOf(LATER, 'unavailable', { kind: 'later' }, 'Slack asks to come back later.'),
  ...meaningsOf(SLOWLY, 'rate_limited', { kind: 'after', ms: SLOWLY_MS }, 'Slack asks to slow down.'),
  ...meaningsOf(AMBIGUOUS, 'unavailable', { kind: 'ambiguous' }, 'Slack failed half-way.'),
])

function meaningsOf(
  words: readonly string[],
  code: FailureCode,
  retry: RetryClass,
  sentence: string,
): (readonly [string, Meaning])[] {
  return words.map((word) => [word, { code, retry, sentence }] as const)
}

function meaningOf(word: string): Meaning | undefined {
  const family = FAMILIES.find(([pattern]) => pattern.test(word))
  return MEANINGS.get(word) ?? (family === undefined ? undefined : MEANINGS.get(family[1]))
}

/** Longer words are no words: a proxy that answers with a page makes the SDK report the page as the error. */
const WORD = /^[a-z][a-z0-9_]{1,60}$/

/** Classifies whatever a call of Slack's Web API threw. The token is in none of it. */
export function slackFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof WebAPIRateLimitedError) {
    const ms = Math.max(1, error.retryAfter) * 1000
    return new Failure('rate_limited', { kind: 'after', ms }, 'Slack asks to slow down.', {
      detail: 'ratelimited',
    })
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error.data.error)
  if (error instanceof WebAPIHTTPError) {
    const { statusCode } = error
    const retry: RetryClass = statusCode >= 500 ? { kind: 'ambiguous' } : { kind: 'later' }
    return new Failure('unavailable', retry, `Slack answered with status ${statusCode}.`, {
      detail: `status ${statusCode}`,
    })
  }
  if (error instanceof WebAPIRequestError) {
    return new Failure(
      'unavailable',
      { kind: 'ambiguous' },
      'Slack could not be reached, or its answer got lost.',
      {
        detail: causeWord(error),
        cause: error,
      },
    )
  }
  // A 429 without Retry-After comes as a plain Error.
  return new Failure('unavailable', { kind: 'ambiguous' }, 'The call of Slack failed.', {
    detail: 'unknown',
    cause: error,
  })
}

/** @returns the failure for one of Slack's error words */
export function platformFailure(word: string): Failure {
  if (!WORD.test(word)) {
    return new Failure(
      'unavailable',
      { kind: 'ambiguous' },
      'The answer was not Slack’s; a proxy may have sent it.',
      { detail: 'no answer of Slack' },
    )
  }
  const meaning = meaningOf(word)
  if (meaning !== undefined) {
    return new Failure(meaning.code, meaning.retry, `${meaning.sentence} (${word})`, { detail: word })
  }
  return new Failure(
    'rejected',
    { kind: 'later' },
    `Slack answered with an error that is not known here. (${word})`,
    { detail: word },
  )
}

function causeWord(error: WebAPIRequestError): string {
  const cause = error.cause as { code?: unknown; name?: unknown; cause?: { code?: unknown } } | undefined
  const word = cause?.cause?.code ?? cause?.code ?? cause?.name
  return typeof word === 'string' ? word.slice(0, 60) : 'no answer'
}
