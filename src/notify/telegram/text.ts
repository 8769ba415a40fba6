import { cut } from '../cut'
import { escapeText } from '../escape'
import type { Report } from '../model'
import { cutHtml, lengthOf } from './html'

/** Telegram's limit of a message, UTF-16 units after the tags are read. */
export const LONGEST = 4096
/** Room that the texts leave for the facts. */
const LIMITS = { title: 500, text: 2000 }

const SIGNS: Readonly<Record<string, string>> = { emerg: '🚨', alert: '🚨', crit: '🔴', err: '🔴', warning: '⚠️' }

/**
 * The message in Telegram's HTML. Values stand in `code`: there Telegram finds no links, mentions and commands, and a tap
 * copies them.
 */
export function textOf(report: Report): string {
  const sign = SIGNS[report.severity] ?? 'ℹ️'
  const parts = [`${sign} <b>${titleOf(report)}</b>`]
  const filled = report.filled['text'] ?? ''
  const text = filled.trim() === '' ? escapeText(cut(report.text, LIMITS.text), 'telegram') : cutHtml(filled, LONGEST)
  if (text.trim() !== '') parts.push('', text.trim())
  if (filled.trim() === '') {
    parts.push('', ...report.facts.map(({ label, value }) => `<b>${escapeText(label, 'telegram')}</b>: ${code(value)}`))
  }
  const last = [...suppressedOf(report), ...linkOf(report)].map((line) => `\n${line}`).join('')
  return cutHtml(parts.join('\n'), LONGEST - lengthOf(last)) + last
}

/** As escapeText for Telegram, but that mentions need no breaking here. */
function code(value: string): string {
  const escaped = escapeText(value, 'telegram').replace(/@\u200b/g, '@')
  return `<code>${escaped}</code>`
}

function titleOf(report: Report): string {
  const filled = report.filled['title']?.replace(/\s+/g, ' ').trim() ?? ''
  return filled === '' ? escapeText(cut(report.title, LIMITS.title), 'telegram') : cutHtml(filled, LIMITS.title)
}

function suppressedOf({ suppressed }: Report): string[] {
  return suppressed === undefined ? [] : [`<i>${suppressed.count} more were held back since ${suppressed.since}</i>`]
}

function linkOf({ link }: Report): string[] {
  if (link === undefined || link.url.length > 2000) return []
  return [
    `<a href="${link.url.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}">${escapeText(cut(link.label, 100), 'telegram')}</a>`,
  ]
}
