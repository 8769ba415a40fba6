import { cut } from '../cut'
import { cutEscaped, escapedWithin } from '../cut-escaped'
import { escapeText } from '../escape'
import type { Report } from '../model'
import { LIMITS } from './limits'

const SIGNS: Readonly<Record<string, string>> = {
  emerg: ':rotating_light:',
  alert: ':rotating_light:',
  crit: ':red_circle:',
  err: ':red_circle:',
  warning: ':warning:',
}

/** The message as block kit: title, text, facts in two columns, a link, and what was held back. */
export function slackBlocks(report: Report): object[] {
  const blocks: object[] = [
    { type: 'header', text: { type: 'plain_text', text: plain(titleOf(report), LIMITS.header) } },
  ]
  const filled = report.filled['text'] ?? ''
  const text =
    filled.trim() === ''
      ? escapedWithin(report.text, LIMITS.section, 'slack')
      : cutEscaped(filled, LIMITS.section, 'slack')
  if (text.trim() !== '') blocks.push({ type: 'section', text: mrkdwn(text) })
  for (let from = 0; from < report.facts.length; from += LIMITS.fields) {
    const fields = report.facts
      .slice(from, from + LIMITS.fields)
      .map(({ label, value }) =>
        mrkdwn(`*${escapedWithin(label, 100, 'slack')}*\n${escapedWithin(value, LIMITS.builtField, 'slack')}`),
      )
    blocks.push({ type: 'section', fields })
  }
  if (report.link !== undefined && report.link.url.length <= LIMITS.url) {
    const { label, url } = report.link
    const text = { type: 'plain_text', text: plain(label, LIMITS.button) }
    blocks.push({ type: 'actions', elements: [{ type: 'button', text, url }] })
  }
  const small = [`${SIGNS[report.severity] ?? ':information_source:'} ${report.severity}, ${report.outcome}`]
  if (report.suppressed !== undefined) {
    small.push(`${report.suppressed.count} more were held back since ${report.suppressed.since}`)
  }
  blocks.push({ type: 'context', elements: small.map(mrkdwn) })
  return blocks
}

/** What notifications on a telephone and clients without blocks show. */
export function slackFallback(report: Report): string {
  const filled = report.document === undefined ? '' : (report.filled['text'] ?? '')
  return filled.trim() === ''
    ? escapedWithin(titleOf(report), LIMITS.fallback, 'slack')
    : cutEscaped(filled, LIMITS.fallback, 'slack')
}

function titleOf(report: Report): string {
  const filled = report.filled['title']?.replace(/\s+/g, ' ').trim() ?? ''
  return filled === '' ? escapeText(report.title, 'none') : filled
}

/** Nothing in plain text should mean anything to Slack; what would call people elsewhere is broken all the same. */
export function plain(text: string, limit: number): string {
  return cut(text.replace(/<(?=[!@#])/g, '<\u200b'), limit)
}

/** `verbatim`: else Slack makes links of what looks like an address, and mentions of what looks like a name. */
function mrkdwn(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true }
}
