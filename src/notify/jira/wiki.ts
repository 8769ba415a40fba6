import { escapeText } from '../escape'
import type { TicketText } from '../tickets/ticket-text'

const ZERO_WIDTH_SPACE = '\u200b'

/** A text in the wiki markup of Jira Data Center; whatever an event says is escaped. */
export function wikiMarkup({ lines, facts, link, mark }: TicketText): string {
  return [
    ...lines.map((line) => atStart(escapeText(line, 'wiki'))),
    '',
    ...facts.map(({ label, value }) => `* *${escapeText(label, 'wiki')}:* ${escapeText(value, 'wiki')}`),
    ...(link === undefined ? [] : ['', `[${escapeText(link.label, 'wiki')}|${address(link.url)}]`]),
    '',
    `{{${mark}}}`,
  ].join('\n')
}

/** `h1.` and `bq.` mean something only at the start of a line, and know no backslash. */
function atStart(line: string): string {
  return line.replace(/^(h[1-6]|bq)\./i, `$1${ZERO_WIDTH_SPACE}.`)
}

/** What would end a link. */
function address(url: string): string {
  return url.replace(/[|[\]{}\s]/g, (character) => encodeURIComponent(character))
}
