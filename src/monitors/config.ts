import { z } from 'zod'

/** What the configuration of one monitor takes, as a strict object. */
export type ConfigSchema = z.ZodObject

/** What every monitor takes, whatever its kind. */
export const commonSettings = {
  kind: z.string(),
  /** How often it is read, whether or not it tells us anything. */
  pollSeconds: z.number().int().min(5).max(3600).default(60),
  /** Show problems that the monitor has and we never heard of. */
  adopt: z.boolean().default(false),
  /** Tell the operator when nothing was heard of it for so many seconds. */
  expectEvery: z.number().int().min(10).max(604_800).optional(),
}

export type CommonSettings = {
  readonly kind: string
  readonly pollSeconds: number
  readonly adopt: boolean
  readonly expectEvery?: number | undefined
}

/** An address of the web, without credentials in it: those have settings of their own. */
export const webAddress = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    message: 'has to be an address that begins with https:// or http://',
  })
  .refine((value) => !URL.canParse(value) || new URL(value).username === '', {
    message: 'has to be without user and password, which have settings of their own',
  })

/** A secret or name that must not be empty. */
export const filled = z.string().min(1, 'must not be empty')

/** A file of certificates (PEM) that is trusted instead of the system's. */
export const caFile = z.string().min(1).optional()
