import { cut } from '../cut'
import { escapeText } from '../escape'
import type { Report, Severity } from '../model'
import { markOf } from '../tickets/marks'
import type { PagerDutySettings } from './settings'

/** What an event may hold: characters of the key and of the summary, bytes in all. */
const LIMITS = { key: 255, summary: 1024, label: 255, bytes: 512 * 1024, detail: 16_000 }

const SEVERITIES: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  emerg: 'critical',
  alert: 'critical',
  crit: 'critical',
  err: 'error',
  warning: 'warning',
  notice: 'info',
  info: 'info',
  debug: 'info',
}

/** The same for all that concerns one matter: PagerDuty joins by it, and closes by it. */
export function dedupKey(report: Report): string {
  const { ticketKey } = report
  return ticketKey !== '' && ticketKey.length <= LIMITS.key ? ticketKey : `audit-${markOf(ticketKey)}`
}

/**
 * The event as JSON: `trigger`, or `resolve` for what closes. What exceeds PagerDuty's size loses its details first.
 * @returns the event, and whether details were left out; undefined where it is too large even so
 */
export function pagerDutyEvent(
  report: Report,
  settings: PagerDutySettings,
): { readonly json: string; readonly shortened: boolean } | undefined {
  const whole = JSON.stringify(eventOf(report, settings, detailsOf(report, settings)))
  if (Buffer.byteLength(whole) <= LIMITS.bytes) return { json: whole, shortened: false }
  const short = JSON.stringify(eventOf(report, settings, { shortened: 'too large for PagerDuty' }))
  return Buffer.byteLength(short) <= LIMITS.bytes ? { json: short, shortened: true } : undefined
}

function eventOf(report: Report, settings: PagerDutySettings, details: object): object {
  const [first] = report.occurrences
  const key = { routing_key: settings.routingKey, dedup_key: dedupKey(report) }
  if (report.closes) return { ...key, event_action: 'resolve' }
  const [component, group] = [oneLine(settings.component(report)), oneLine(settings.group(report))]
  const observer = first?.event.observer
  const { link } = report
  return {
    ...key,
    event_action: 'trigger',
    client: 'node-red-contrib-openstack-events',
    payload: {
      summary: cut(oneLine(report.filled['title'] ?? '') || oneLine(report.title) || 'event', LIMITS.summary),
      source: cut(oneLine(observer?.name ?? '') || oneLine(observer?.id ?? '') || 'unknown', LIMITS.label),
      severity: SEVERITIES[report.severity],
      ...(Number.isNaN(Date.parse(report.time)) ? {} : { timestamp: report.time }),
      class: cut(oneLine(report.eventType), LIMITS.label),
      ...(component === '' ? {} : { component: cut(component, LIMITS.label) }),
      ...(group === '' ? {} : { group: cut(group, LIMITS.label) }),
      custom_details: details,
    },
    ...(link === undefined ? {} : { links: [{ href: link.url, text: link.label }] }),
  }
}

function detailsOf(report: Report, settings: PagerDutySettings): object {
  const text = report.filled['text'] ?? report.text
  const { suppressed } = report
  return {
    ...Object.fromEntries(report.facts.map(({ label, value }) => [label, escapeText(value, 'none')])),
    ...(text.trim() === '' ? {} : { Text: cut(escapeText(text, 'none'), LIMITS.detail) }),
    ...(suppressed === undefined ? {} : { 'Held back': `${suppressed.count} since ${suppressed.since}` }),
    ...settings.details(report),
  }
}

function oneLine(text: string): string {
  return escapeText(text, 'none').replace(/\s+/g, ' ').trim()
}
