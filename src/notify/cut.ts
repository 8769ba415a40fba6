/** Cut at a whole character (grapheme clusters and surrogate pairs stay whole), with a sign that it was. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  let end = 0
  for (const { index, segment } of graphemes.segment(text.slice(0, limit + 64))) {
    if (index + segment.length > limit - 1) break
    end = index + segment.length
  }
  return `${end === 0 ? text.slice(0, wholeUnits(text, limit - 1)) : text.slice(0, end)}…`
}

/** Hundreds of combining marks on one letter are one character, and would leave nothing: such a one is cut all the same. */
function wholeUnits(text: string, limit: number): number {
  const end = Math.max(0, limit)
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end
}

/** The same by bytes of UTF-8. */
export function cutBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text
  let end = 0
  let bytes = Buffer.byteLength('…')
  for (const { index, segment } of graphemes.segment(text.slice(0, limit))) {
    bytes += Buffer.byteLength(segment)
    if (bytes > limit) break
    end = index + segment.length
  }
  return `${text.slice(0, end)}…`
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
