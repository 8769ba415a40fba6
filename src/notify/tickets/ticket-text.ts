import { cut } from '../cut'
import { escapeText } from '../escape'
import type { Report } from '../model'
import { markOf } from './marks'

/** What stands in a ticket, before it gets the form of its system: single lines of plain text, none of them empty. */
export interface TicketText {
  readonly title: string
  readonly lines: readonly string[]
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  readonly link?: Report['link']
  /** The last line, by which this report is found again in the ticket. */
  readonly mark: string
}

/** Ticket systems take about 32,000 characters; what escaping and structure add must have room, too. */
const LONGEST_TEXT = 8_000
const LONGEST_VALUE = 500
const MOST_FACTS = 25

/** @param longestTitle in UTF-16 units, as the system counts */
export function ticketText(report: Report, longestTitle: number): TicketText {
  const text = cut(report.filled['text'] ?? report.text, LONGEST_TEXT)
  const { suppressed, link } = report
  const lines = text.split('\n').map(oneLine)
  if (suppressed !== undefined) lines.push(`${suppressed.count} more were held back since ${suppressed.since}.`)
  return {
    title: cut(oneLine(report.filled['title'] ?? '') || oneLine(report.title) || report.eventType, longestTitle),
    lines: lines.filter((line) => line !== ''),
    facts: report.facts.slice(0, MOST_FACTS).flatMap(({ label, value }) => {
      const shown = cut(oneLine(value), LONGEST_VALUE)
      return shown === '' ? [] : [{ label, value: shown }]
    }),
    ...(link === undefined ? {} : { link }),
    mark: reportMark(report),
  }
}

/** By which a report is known again in what people read; the event's own id may be any text. */
export function reportMark(report: Report): string {
  return `report-${markOf(report.id)}`
}

/**
 * For systems that know no markup.
 * @param longest in UTF-16 units; the mark is there whatever is cut
 */
export function plainText({ lines, facts, link, mark }: TicketText, longest: number): string {
  const text = [
    ...lines,
    ...(lines.length > 0 ? [''] : []),
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...(link === undefined ? [] : ['', `${link.label}: ${link.url}`]),
  ].join('\n')
  return `${cut(text, longest - mark.length - 2)}\n\n${mark}`
}

function oneLine(text: string): string {
  return escapeText(text, 'none').replace(/\s+/g, ' ').trim()
}
