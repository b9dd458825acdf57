import { z } from 'zod'

/*
 * What Grafana sends and answers, as far as it is used; unknown fields are fine. Lists of alerts and silences are those of
 * Alertmanager and are taken apart where both kinds share that.
 */

const TEXT_MAX = 1024 * 1024
const text = z.string().max(TEXT_MAX)
const optionalText = text.optional().catch(undefined)
const texts = z.record(z.string(), text)

/** One alert of a webhook of version 1. */
export const Alert = z.object({
  status: z.enum(['firing', 'resolved'], 'has to be firing or resolved'),
  labels: texts.refine((labels) => Object.values(labels).some((value) => value !== ''), 'must not be empty'),
  annotations: texts.catch({}),
  startsAt: optionalText,
  generatorURL: optionalText,
  dashboardURL: optionalText,
  panelURL: optionalText,
  /** Of all labels, those included that Grafana does not send. */
  fingerprint: z
    .string('has to be the fingerprint, as Grafana sends it')
    .min(1, 'must not be empty')
    .max(256),
  values: z.record(z.string(), z.unknown()).nullish().catch(null),
})
export type Alert = z.output<typeof Alert>

/** The body about a rule of a dashboard, of Grafana up to 10. */
export const LegacyBody = z.object({
  ruleId: z.union([z.number(), z.string().min(1).max(64)], 'has to be the number of the rule'),
  ruleName: z.string('has to be the name of the rule').min(1, 'must not be empty').max(TEXT_MAX),
  state: z
    .string('has to be the state of the rule')
    .transform((word) => word.trim().toLowerCase())
    .pipe(
      z.enum(
        ['alerting', 'no_data', 'ok', 'pending', 'paused', 'unknown'],
        'has to be alerting, no_data, ok, pending, paused or unknown',
      ),
    ),
  orgId: z
    .union([z.number(), z.string().max(64)])
    .optional()
    .catch(undefined),
  ruleUrl: optionalText,
  message: optionalText,
  tags: texts.nullish().catch(null),
  evalMatches: z
    .array(z.object({ metric: text, value: z.union([z.number(), text]).nullish().catch(null) }))
    .nullish()
    .catch(null),
})
export type LegacyBody = z.output<typeof LegacyBody>

/** The answer to a silence that was created or changed. */
export const Created = z.object({ silenceID: z.string().min(1) })

/** `GET /api/health`. */
export const Health = z.object({
  version: z.string().optional().catch(undefined),
  database: z.string().optional().catch(undefined),
})
export type Health = z.output<typeof Health>

/** `GET /api/access-control/user/actions`: what the token may do somewhere at least. */
export const Actions = z.record(z.string(), z.boolean())
