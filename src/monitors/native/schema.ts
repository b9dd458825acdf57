import { z } from 'zod'

/** As much as a body may hold; what is kept of it is cut. */
const TEXT_MAX = 1024 * 1024
const text = z.string().max(TEXT_MAX)
const name = z
  .string({ error: ({ input }) => (input === undefined ? 'is required' : 'has to be text') })
  .trim()
  .min(1, 'must not be empty')
  .max(1024)
const optional = <T extends z.ZodType>(of: T) => of.nullish().transform((value) => value ?? undefined)

/** The native notification. Unknown keys are ignored; null is the same as absent. */
export const NativeNotification = z.object({
  type: optional(z.string().max(64)),
  host: name,
  service: optional(z.string().max(1024)),
  key: optional(z.string().min(1).max(1024)),
  episode: optional(z.union([z.string().max(256), z.number()]).transform(String)),
  address: optional(z.string().max(1024)),
  hostDisplayName: optional(z.string().max(1024)),
  serviceDisplayName: optional(z.string().max(1024)),
  state: optional(z.union([z.string().max(64), z.number()])),
  output: optional(text),
  longOutput: optional(text),
  author: optional(z.string().max(1024)),
  comment: optional(text),
  time: optional(z.union([z.string().max(64), z.number()])),
  url: optional(z.string().max(3000)),
  id: optional(z.union([z.string().min(1).max(256), z.number()]).transform(String)),
  labels: optional(
    z
      .record(z.string().max(256), z.string().max(4096))
      .refine((o) => Object.keys(o).length <= 100, 'at most 100 labels'),
  ),
  fields: optional(z.array(z.object({ label: z.string().max(256), value: z.string().max(4096) })).max(20)),
  monitor: optional(z.string().max(256)),
  channel: optional(z.string().max(64)),
})
export type NativeNotification = z.output<typeof NativeNotification>
