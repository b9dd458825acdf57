import { z } from 'zod'

const texts = z.record(z.string(), z.string())
const optional = <T extends z.ZodType>(of: T) => of.nullish().transform((value) => value ?? undefined)

/** One alert of a webhook. */
export const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts.refine((labels) => Object.values(labels).some((value) => value !== ''), 'must not be empty'),
  annotations: optional(texts).transform((all) => all ?? {}),
  startsAt: optional(z.string()),
  generatorURL: optional(z.string()),
  fingerprint: optional(z.string().max(256)),
})

/** What surrounds the alerts of a webhook of version 4. */
export const Envelope = z.object({
  version: z.literal('4', 'has to be "4": the body that Alertmanager sends unless it is given a payload'),
  alerts: z.array(z.unknown(), 'has to be the list of alerts').min(1, 'must not be empty'),
  truncatedAlerts: optional(z.number()),
})

/** The status of one member. */
export const Status = z.object({
  uptime: z.string().optional(),
  versionInfo: z.object({ version: z.string() }),
  cluster: z.object({ status: z.string(), peers: z.array(z.unknown()).nullish() }).optional(),
})

/** The answer to a silence that was created or changed. */
export const SilenceAnswer = z.object({ silenceID: z.string().min(1) })
