const LEGACY = 'legacy:'

/** @returns the key of a rule of a dashboard, which Grafana up to 10 knows by its number within an organisation */
export function keyOfLegacy(orgId: number | string, ruleId: number | string): string {
  return `${LEGACY}${orgId}:${ruleId}`.toWellFormed()
}

/** @returns true for the key of such a rule, which no list of alerts holds and no silence mutes */
export function isLegacyKey(key: string): boolean {
  return key.startsWith(LEGACY)
}
