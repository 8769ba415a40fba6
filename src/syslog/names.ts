/** Facility and severity, by number and by the names that people and `syslog.conf` use (RFC 5424 §6.2.1). */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const

export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const

const SEVERITY_SYNONYMS: Readonly<Record<string, number>> = {
  emergency: 0,
  panic: 0,
  critical: 2,
  fatal: 2,
  error: 3,
  warn: 4,
  informational: 6,
  information: 6,
  audit: 6,
}

/** The number of a facility given as number or name; undefined if it is neither. */
export function facilityNumber(value: unknown): number | undefined {
  return numberOf(value, FACILITIES, {})
}

/** The number of a severity given as number (0 to 7) or name, in any case; undefined if it is neither. */
export function severityNumber(value: unknown): number | undefined {
  return numberOf(value, SEVERITIES, SEVERITY_SYNONYMS)
}

function numberOf(
  value: unknown,
  names: readonly string[],
  synonyms: Readonly<Record<string, number>>,
): number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value < names.length ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  if (/^\d{1,2}$/.test(text)) return numberOf(Number(text), names, synonyms)
  const index = names.indexOf(text)
  if (index >= 0) return index
  return Object.hasOwn(synonyms, text) ? synonyms[text] : undefined
}
