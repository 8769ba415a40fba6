/** Cut at a whole character (grapheme clusters and surrogate pairs stay whole), with a sign that it was. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  let end = 0
  for (const { index, segment } of graphemes.segment(text.slice(0, limit + 64))) {
    if (index + segment.length > limit - 1) break
    end = index + segment.length
  }
  return `${text.slice(0, end)}…`
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
