import { cut } from '../cut'
import { escapeText } from '../escape'
import type { Report } from '../model'
import { ticketLabel } from '../tickets/marks'
import { ticketText } from '../tickets/ticket-text'

const ZERO_WIDTH_SPACE = '\u200b'
const LONGEST = { title: 256, text: 20_000 }

export interface IssueText {
  readonly title: string
  readonly body: string
}

/** An issue in GitHub's Markdown. What an event says is shown as it is and reaches nobody: no mention, no reference, no link. */
export function issueText(report: Report): IssueText {
  const { title, lines, facts, link, mark } = ticketText(report, LONGEST.title - 16)
  const written = report.filled['text']
  const parts = [
    written === undefined ? lines.map(harmless).join('\n') : cut(written.trim(), LONGEST.text),
    facts.map(({ label, value }) => `- **${harmless(label)}:** ${harmless(value)}`).join('\n'),
    link === undefined ? '' : `[${harmless(link.label)}](<${address(link.url)}>)`,
    // Not shown, but found again.
    `<!-- ${ticketLabel(report.ticketKey)} ${mark} -->`,
  ]
  return { title: cut(unlinked(title), LONGEST.title), body: parts.filter((part) => part !== '').join('\n\n') }
}

function harmless(text: string): string {
  return unlinked(escapeText(text, 'markdown'))
}

/** What GitHub turns into a link by itself, and shows at the other end: mentions, issues, addresses. */
function unlinked(text: string): string {
  return text
    .replace(/@(?=\w)/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH_SPACE}`)
    .replace(/\b(GH)-(?=\d)/gi, `$1-${ZERO_WIDTH_SPACE}`)
    .replace(/:\/\//g, `:${ZERO_WIDTH_SPACE}//`)
    .replace(/\b(www)\./gi, `$1${ZERO_WIDTH_SPACE}.`)
}

/** What would end a link. */
function address(url: string): string {
  return url.replace(/[<>\s\\]/g, (character) => encodeURIComponent(character))
}
