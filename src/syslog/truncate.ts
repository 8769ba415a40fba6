/**
 * The longest beginning of `text` with at most `limit` bytes in UTF-8 that cuts neither a character nor an escape such as
 * `\u2028` in two.
 */
export function cutAtBytes(text: string, limit: number): string {
  if (limit <= 0) return ''
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= limit) return text
  let end = limit
  // A continuation byte is 10xxxxxx: step back to the start of the character that would be cut.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  const cut = bytes.toString('utf8', 0, end)
  return cut.replace(/\\(u[0-9a-f]{0,3})?$/, '')
}

/** Says within the text that it was cut; the full length lets a reader judge what is missing. */
export function truncationMark(fullBytes: number): string {
  return ` ...[truncated, ${fullBytes} bytes]`
}
