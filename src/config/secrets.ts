import type { Config } from './config.ts'

/** Settings of monitors whose values nobody is to see. Names of files that hold a secret are none. */
const SECRET_KEY = /pass|secret|token|bearer|credential|api_?key|^key$/i
const FILE_KEY = /file$/i
/** A shorter one would be found in every other word. */
const SECRET_MIN_CHARS = 4

/** @returns every secret that the settings hold, longest first */
export function secretsOf({ slack, notifyKey, proxy, monitors }: Config): readonly string[] {
  const found: string[] = []
  const look = (value: unknown, isSecret: boolean): void => {
    if (typeof value === 'string') {
      if (isSecret) found.push(value)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value))
        look(one, (isSecret || SECRET_KEY.test(key)) && !FILE_KEY.test(key))
    }
  }
  look([slack?.botToken, slack?.signingSecret, slack?.appToken, notifyKey], true)
  // A map says where things stand in a body, also where what stands there is called key.
  for (const { settings } of monitors) look({ ...settings, map: null }, false)
  if (proxy !== null && URL.canParse(proxy.https)) look(new URL(proxy.https).password, true)
  return found.filter(({ length }) => length >= SECRET_MIN_CHARS).sort((a, b) => b.length - a.length)
}

/** @returns the text with every secret struck out, also as it stands in an address */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
