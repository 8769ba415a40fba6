import type { TicketText } from '../tickets/ticket-text'

/**
 * A text as an Atlassian document: plain text in nodes, so nothing needs an escape. An empty text node makes a document
 * invalid, which is why no line of a TicketText is empty.
 */
export function adfDocument({ lines, facts, link, mark }: TicketText): object {
  const content: object[] = lines.map((line) => paragraph([plain(line)]))
  if (facts.length > 0) {
    content.push({
      type: 'bulletList',
      content: facts.map(({ label, value }) => ({
        type: 'listItem',
        content: [paragraph([marked(`${label}: `, { type: 'strong' }), plain(value)])],
      })),
    })
  }
  if (link !== undefined) {
    content.push(paragraph([marked(link.label || link.url, { type: 'link', attrs: { href: link.url } })]))
  }
  content.push(paragraph([marked(mark, { type: 'code' })]))
  return { type: 'doc', version: 1, content }
}

function paragraph(content: readonly object[]): object {
  return { type: 'paragraph', content }
}

function plain(text: string): object {
  return { type: 'text', text }
}

function marked(text: string, mark: object): object {
  return { type: 'text', text, marks: [mark] }
}
