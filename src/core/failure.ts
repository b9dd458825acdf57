export type FailureCode =
  | 'unauthorized'
  | 'not_found'
  | 'invalid'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'rejected'
  | 'internal'

/**
 * What a failure means for what was being done. `never`: this will not work, park it. `later`: try again with
 * back-off. `after`: not before so many ms. `ambiguous`: it may have been done; look before doing it again.
 * `gone`: the message is not there any more; post a fresh one. `stop`: nothing will work until the operator acts.
 * `elsewhere`: this channel takes nothing from us; another may. `plainer`: it is refused as it is drawn; bare words may
 * be taken. `too-late`: nobody is there any more to be told.
 */
export type RetryClass =
  | { readonly kind: 'never' }
  | { readonly kind: 'later' }
  | { readonly kind: 'after'; readonly ms: number }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'plainer' }
  | { readonly kind: 'too-late' }

/** The outside did not do its part. Classified once, in the adapter that spoke to the outside. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly retry: RetryClass
  /** For the log only; `message` is safe to show to anybody. */
  readonly detail: string | null

  /**
   * @param message one sentence that is safe to show: no secret, no foreign text
   * @param detail more for the log, already free of secrets
   */
  constructor(
    code: FailureCode,
    retry: RetryClass,
    message: string,
    more: { detail?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'Failure'
    this.code = code
    this.retry = retry
    this.detail = more.detail ?? null
  }
}
