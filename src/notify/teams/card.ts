import { cut } from '../cut'
import { cutEscaped, escapedWithin } from '../cut-escaped'
import type { Report, Severity } from '../model'
import { membersOf } from './document'

/** How an adaptive card shows that something is bad, by its own names: the container's style and the text's colour. */
const LOOKS: Readonly<Record<Severity, { readonly style: string; readonly color: string }>> = {
  emerg: { style: 'attention', color: 'Attention' },
  alert: { style: 'attention', color: 'Attention' },
  crit: { style: 'attention', color: 'Attention' },
  err: { style: 'attention', color: 'Attention' },
  warning: { style: 'warning', color: 'Warning' },
  notice: { style: 'emphasis', color: 'Default' },
  info: { style: 'emphasis', color: 'Default' },
  debug: { style: 'emphasis', color: 'Default' },
}

const TITLE = 500
const TEXT = 6000
const FACT = 2500

/** What a card is, whatever is in it. 1.4 is what the Workflows app shows on every client. */
const CARD = {
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
} as const

/** The message as an adaptive card; texts are Markdown, of which nothing of an event is any. */
export function cardOf(report: Report): object {
  const { document } = report
  if (Array.isArray(document)) return { ...CARD, msteams: { width: 'Full' }, body: document }
  if (document !== undefined) return { ...CARD, ...membersOf(document) }
  const { style, color } = LOOKS[report.severity]
  const body: object[] = [
    {
      type: 'Container',
      style,
      bleed: true,
      items: [
        { type: 'TextBlock', text: titleOf(report), weight: 'Bolder', size: 'Medium', wrap: true },
        { type: 'TextBlock', text: `${report.severity}, ${report.outcome}`, color, wrap: true, spacing: 'None' },
      ],
    },
  ]
  const filled = report.filled['text'] ?? ''
  const text = filled.trim() === '' ? escapedWithin(report.text, TEXT, 'teams') : cutEscaped(filled, TEXT, 'teams')
  if (text.trim() !== '') body.push({ type: 'TextBlock', text: paragraphs(text), wrap: true })
  if (report.facts.length > 0) {
    const facts = report.facts.map(({ label, value }) => ({
      title: escapedWithin(label, 100, 'teams'),
      value: escapedWithin(value, FACT, 'teams'),
    }))
    body.push({ type: 'FactSet', facts })
  }
  if (report.suppressed !== undefined) {
    const { count, since } = report.suppressed
    body.push({ type: 'TextBlock', text: `${count} more were held back since ${since}`, isSubtle: true, wrap: true })
  }
  const { link } = report
  const actions =
    link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: cut(link.label, 60), url: link.url }] }
  return { ...CARD, msteams: { width: 'Full' }, body, ...actions }
}

function titleOf(report: Report): string {
  const filled = report.filled['title']?.replace(/\s+/g, ' ').trim() ?? ''
  return filled === '' ? escapedWithin(report.title, TITLE, 'teams') : cutEscaped(filled, TITLE, 'teams')
}

/** A single line end is only a blank in Markdown. */
function paragraphs(text: string): string {
  return text.trim().replace(/\n+/g, '\n\n')
}
