import { cut } from '../cut'
import { cutEscaped, escapedWithin } from '../cut-escaped'
import { escapeText } from '../escape'
import type { Report, Severity } from '../model'
import { shortened } from '../shorten'

const COLOURS: Readonly<Record<Severity, string>> = {
  emerg: '#c4314b',
  alert: '#c4314b',
  crit: '#c4314b',
  err: '#c4314b',
  warning: '#d9a514',
  notice: '#2389d7',
  info: '#8a94a6',
  debug: '#8a94a6',
}

/**
 * Longer messages become several posts, and attachments that are longer than a server stores are refused: 16,383 characters
 * and 800,000 today, 4,000 and 8,000 on old ones, which these limits keep to.
 */
const LIMITS = { title: 500, text: 3000, all: 7500, document: 16_000 }

const TEXTS = new Set(['text', 'value', 'title', 'fallback', 'pretext', 'footer', 'author_name'])

/** Title as the message, so that telephones show it; the rest as an attachment. */
export function postOf(report: Report): object {
  if (report.document !== undefined) return documentPost(report)
  const text = `**${titleOf(report)}**`
  for (const longest of [600, 300, 150]) {
    const attachments = [attachmentOf(report, longest)]
    if (JSON.stringify(attachments).length <= LIMITS.all) return { text, attachments }
  }
  return { text, attachments: shortened([attachmentOf(report, 100)], 1500, TEXTS, 'markdown') }
}

function documentPost(report: Report): object {
  const { document } = report
  const whole = Array.isArray(document)
    ? { text: `**${titleOf(report)}**`, attachments: document }
    : (document as object)
  for (let longest = 4000; longest > 50; longest = Math.floor(longest / 2)) {
    const post = shortened(whole, longest, TEXTS, 'markdown') as object
    if (JSON.stringify(post).length <= LIMITS.document) return post
  }
  return shortened(whole, 50, TEXTS, 'markdown') as object
}

function attachmentOf(report: Report, longest: number): object {
  const filled = report.filled['text'] ?? ''
  const own =
    filled.trim() === ''
      ? escapedWithin(report.text, LIMITS.text, 'markdown')
      : cutEscaped(filled, LIMITS.text, 'markdown')
  const text = [own.trim(), ...linkOf(report)].filter((part) => part !== '').join('\n\n')
  const footer = [`${report.severity}, ${report.outcome}`]
  if (report.suppressed !== undefined) {
    footer.push(`${report.suppressed.count} more were held back since ${report.suppressed.since}`)
  }
  return {
    fallback: cut(escapeText(report.title, 'none'), LIMITS.title),
    color: COLOURS[report.severity],
    ...(text === '' ? {} : { text }),
    fields: report.facts.map(({ label, value }) => ({
      short: value.length <= 40,
      title: label,
      value: escapedWithin(value, longest, 'markdown'),
    })),
    footer: footer.join(' · '),
  }
}

function titleOf(report: Report): string {
  const filled = report.filled['title']?.replace(/\s+/g, ' ').trim() ?? ''
  return filled === ''
    ? escapedWithin(report.title, LIMITS.title, 'markdown')
    : cutEscaped(filled, LIMITS.title, 'markdown')
}

function linkOf({ link }: Report): string[] {
  if (link === undefined) return []
  const url = link.url.replace(/[()]/g, (bracket) => (bracket === '(' ? '%28' : '%29'))
  return [`[${escapeText(link.label, 'markdown')}](${url})`]
}

/** Found at deploy, where the strings are still templates. */
export function documentProblem(document: unknown): string | undefined {
  if (Array.isArray(document)) return document.length === 0 ? 'it has no attachment' : undefined
  const { text, attachments } = (typeof document === 'object' && document !== null ? document : {}) as Record<
    string,
    unknown
  >
  if (typeof text === 'string' || (Array.isArray(attachments) && attachments.length > 0)) return undefined
  return 'Mattermost takes a list of attachments, or an object with "text" or "attachments"'
}
