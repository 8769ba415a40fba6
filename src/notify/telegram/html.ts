import { cut } from '../cut'

/** A tag, an escape, or text between them. */
const PIECE = /<\/?[a-z][^<>]*>|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8});|[^<&]+|[<&]/gi

/** Cuts HTML so that its text keeps to the limit, and closes what is open. Telegram counts UTF-16 units, without tags. */
export function cutHtml(html: string, limit: number): string {
  if (lengthOf(html) <= limit) return html
  const open: string[] = []
  let left = limit - 1
  let short = ''
  for (const [piece] of html.matchAll(PIECE)) {
    if (isTag(piece)) {
      const [, closing, name = ''] = /^<(\/?)([a-z-]+)/i.exec(piece) ?? []
      if (closing === '/') open.splice(Math.max(0, open.lastIndexOf(name)), 1)
      else open.push(name)
      short += piece
      continue
    }
    const length = isEscape(piece) ? 1 : piece.length
    if (length > left) {
      short += isEscape(piece) ? '…' : cut(piece, left + 1)
      break
    }
    left -= length
    short += piece
  }
  return (
    short +
    open
      .reverse()
      .map((name) => `</${name}>`)
      .join('')
  )
}

/** UTF-16 units of what is shown. */
export function lengthOf(html: string): number {
  let length = 0
  for (const [piece] of html.matchAll(PIECE)) if (!isTag(piece)) length += isEscape(piece) ? 1 : piece.length
  return length
}

function isTag(piece: string): boolean {
  return piece.length > 1 && piece.startsWith('<')
}

function isEscape(piece: string): boolean {
  return piece.length > 1 && piece.startsWith('&')
}
