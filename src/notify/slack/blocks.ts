import { cut } from '../cut'
import { escapeText } from '../escape'
import type { Report } from '../model'

/** Slack's limits (block kit reference): a block more or a character more refuses the whole message. */
const LIMITS = { header: 150, section: 3000, field: 2000, fields: 10, blocks: 50, text: 4000 }

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
    { type: 'header', text: { type: 'plain_text', text: cut(report.filled['title'] ?? report.title, LIMITS.header) } },
  ]
  const text = report.filled['text'] ?? escaped(report.text, LIMITS.section)
  if (text.trim() !== '') blocks.push(section(text))
  for (let from = 0; from < report.facts.length; from += LIMITS.fields) {
    const fields = report.facts.slice(from, from + LIMITS.fields).map(({ label, value }) => ({
      type: 'mrkdwn',
      text: `*${escaped(label, 100)}*\n${escaped(value, LIMITS.field - 200)}`,
    }))
    blocks.push({ type: 'section', fields })
  }
  if (report.link !== undefined) {
    const { label, url } = report.link
    // Slack's own limits for a button: 75 and 3000 characters.
    blocks.push({
      type: 'actions',
      elements: [{ type: 'button', text: { type: 'plain_text', text: cut(label, 75) }, url: url.slice(0, 3000) }],
    })
  }
  const small = [`${SIGNS[report.severity] ?? ':information_source:'} ${report.severity}, ${report.outcome}`]
  if (report.suppressed !== undefined) {
    small.push(`${report.suppressed.count} more were held back since ${report.suppressed.since}`)
  }
  blocks.push({ type: 'context', elements: small.map((line) => ({ type: 'mrkdwn', text: escaped(line, 2000) })) })
  return blocks.slice(0, LIMITS.blocks)
}

/** What notifications on a telephone and clients without blocks show. */
export function slackFallback(report: Report): string {
  return cut(escaped(report.filled['title'] ?? report.title, LIMITS.text), LIMITS.text)
}

function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text: cutEscaped(text, LIMITS.section) } }
}

/** Escaping lengthens; it is cut before, so that no escape is cut in two. */
function escaped(text: string, limit: number): string {
  let short = cut(text, limit)
  while (escapeText(short, 'slack').length > limit) short = cut(short, Math.floor(short.length * 0.9))
  return escapeText(short, 'slack')
}

function cutEscaped(text: string, limit: number): string {
  return text.length <= limit ? text : `${cut(text, limit).replace(/&[a-z]{0,4}…$/, '…')}`
}
