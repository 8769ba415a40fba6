import type { CadfEvent } from '../cadf/event'
import { SEVERITIES, type Severity } from './model'

const LONG_NAMES: Readonly<Record<string, Severity>> = {
  emergency: 'emerg',
  critical: 'crit',
  error: 'err',
  warn: 'warning',
  informational: 'info',
  information: 'info',
}

/** Reads a severity in the spellings of the Illumio PCE, of syslog and of oslo's priorities; undefined for any other. */
export function severityNamed(value: unknown): Severity | undefined {
  if (typeof value !== 'string') return undefined
  const name = value.trim().toLowerCase()
  return SEVERITIES.find((severity) => severity === name) ?? LONG_NAMES[name]
}

/** What the event says of itself; else a failure is a warning, and so is what was found out by watching. */
export function severityOfEvent(event: CadfEvent): Severity {
  const said = severityNamed(event.severity)
  if (said !== undefined) return said
  const code = Number(event.reason?.reasonCode)
  if (event.outcome === 'failure' || code >= 400) return 'warning'
  return event.outcome === 'unknown' ? 'notice' : 'info'
}

/** Whether `severity` is as bad as `threshold`, or worse. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold)
}

export function worst(severities: readonly Severity[]): Severity {
  return SEVERITIES.find((severity) => severities.includes(severity)) ?? 'info'
}
