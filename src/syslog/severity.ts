import type { Outcome } from '../cadf/event'
import { severityNumber } from './names'

/** How bad is it? A severity for each outcome. */
export type SeverityMap = Readonly<Record<Outcome, number>>

/** success → info, failure → warning, unknown → notice, pending → info */
export const DEFAULT_SEVERITIES: SeverityMap = { success: 6, failure: 4, unknown: 5, pending: 6 }

export type SeverityRule =
  | { readonly by: 'outcome'; readonly map: SeverityMap }
  /** The value of a property decides; where it names no severity, the outcome does. */
  | { readonly by: 'value'; readonly map: SeverityMap }
  | { readonly by: 'fixed'; readonly severity: number }

/** @param value what the property holds, for a rule by value */
export function severityOf(rule: SeverityRule, outcome: Outcome | undefined, value?: unknown): number {
  if (rule.by === 'fixed') return rule.severity
  const byOutcome = rule.map[outcome ?? 'unknown'] ?? rule.map.unknown
  return rule.by === 'value' ? (severityNumber(value) ?? byOutcome) : byOutcome
}
