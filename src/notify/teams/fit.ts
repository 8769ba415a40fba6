import { NotifyError } from '../channel'
import { shortened } from '../shorten'

/** Teams refuses a request of 28 KB, or drops it after having accepted it; a little is left for what Workflows adds. */
export const MOST_BYTES = 27 * 1024

/** Texts for people, which may be cut; types, styles and addresses may not. */
const TEXTS = new Set(['text', 'value', 'title', 'altText', 'fallbackText', 'speak'])

/**
 * The body of the request, its texts cut evenly until it fits. JSON is never cut.
 * @throws NotifyError `too_large` when even short texts do not fit: there are too many elements
 */
export function fittedBody(card: object): string {
  let body = bodyOf(card)
  for (let longest = 8000; Buffer.byteLength(body) > MOST_BYTES; longest = Math.floor(longest / 2)) {
    if (longest < 30) {
      throw new NotifyError('too_large', 'Teams: the card is larger than 28 KB, even with short texts.', {
        remedy: 'Make the document of the template smaller.',
      })
    }
    body = bodyOf(shortened(card, longest, TEXTS, 'teams'))
  }
  return body
}

function bodyOf(content: unknown): string {
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return JSON.stringify({ type: 'message', attachments: [attachment] })
}
