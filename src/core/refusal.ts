/** Why something was not done, said privately to the one who asked. */
export type Refusal =
  | { readonly why: 'guest' | 'stranger' | 'bot' | 'deactivated' }
  | { readonly why: 'membership-unknown' }
  | { readonly why: 'not-in-group'; readonly groups: readonly string[] }
  | { readonly why: 'group-unknown' }
  | { readonly why: 'closed'; readonly name: string; readonly closed: number }
  | { readonly why: 'not-acknowledged'; readonly name: string }
  /** It was acknowledged in the monitor, which cannot be told. */
  | { readonly why: 'made-in-monitor'; readonly name: string; readonly monitor: string }
  /** Nothing of ours failed there, so there is nothing to try again. */
  | { readonly why: 'nothing-failed'; readonly name: string }
  /** The monitor cannot be told of downtimes. */
  | { readonly why: 'no-downtime'; readonly name: string; readonly monitor: string }
  | { readonly why: 'no-downtime-of-ours'; readonly name: string; readonly monitor: string }
  | { readonly why: 'until-far' }
  | { readonly why: 'downtime-stands'; readonly name: string; readonly until: number }
  | { readonly why: 'problem-unknown' }
  | { readonly why: 'until-past' }
  | { readonly why: 'when-unclear'; readonly text: string }
  | { readonly why: 'nothing-matches'; readonly asked: string; readonly suggestions: readonly string[] }
  | { readonly why: 'not-known'; readonly asked: string; readonly suggestions: readonly string[] }
  | { readonly why: 'fine'; readonly name: string }
  | { readonly why: 'unavailable' }
