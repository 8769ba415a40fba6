import { escapeText } from './escape'
import type { Report } from './model'

/** A report for whatever shows nothing but text: title, text, facts in two columns, link. The template's text goes before it. */
export function plainText(report: Report): string {
  const filled = filledText(report)
  if (filled !== undefined) return filled
  const plain = (text: string) => escapeText(text, 'none')
  const longest = Math.max(0, ...report.facts.map(({ label }) => label.length))
  const parts = [plain(report.title)]
  if (report.text !== '') parts.push(plain(report.text))
  if (report.facts.length > 0) {
    const line = ({ label, value }: Report['facts'][number]) => {
      return `${`${plain(label)}:`.padEnd(longest + 2)}${plain(value).replace(/\n/g, `\n${' '.repeat(longest + 2)}`)}`
    }
    parts.push(report.facts.map(line).join('\n'))
  }
  if (report.link !== undefined) parts.push(`${plain(report.link.label)}: ${plain(report.link.url)}`)
  if (report.suppressed !== undefined) parts.push(heldBack(report.suppressed))
  return `${parts.join('\n\n')}\n`
}

/** The template's text. What was held back must not be lost because it does not speak of that; one that does names the time. */
export function filledText({ filled: { text }, suppressed }: Report): string | undefined {
  if (text === undefined || suppressed === undefined || text.includes(suppressed.since)) return text
  return `${text.trimEnd()}\n\n${heldBack(suppressed)}\n`
}

/** What the throttle kept back, in a sentence. */
export function heldBack({ count, since }: NonNullable<Report['suppressed']>): string {
  return `${count} more were held back since ${since}.`
}
