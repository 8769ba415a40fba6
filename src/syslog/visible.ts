/**
 * Text from outside must not be able to end a line, start a header, or show an operator another order of characters than
 * the bytes have. What could do that becomes a visible escape; letters of every script stay as they are.
 */

// C0, DEL, C1, the directional marks and overrides, the line and paragraph separators, the byte order mark
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Control and directional characters become `\n`, `\r`, `\t` or `\uXXXX`; a lone surrogate becomes U+FFFD. */
export function visible(text: string): string {
  return text
    .replace(INVISIBLE, (character) => SHORT[character] ?? unicodeEscape(character))
    .replace(/\p{Surrogate}/gu, '\ufffd')
}

/**
 * JSON in plain ASCII: whatever is beyond becomes `\uXXXX`, which every JSON reader turns back. So it needs no byte order
 * mark, survives every receiver's idea of a charset, and cannot hold a control character.
 */
export function asciiJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/[\u007f-\uffff]/g, unicodeEscape)
}

/** Printable ASCII without space (RFC 5424 PRINTUSASCII), cut at `limit`; `-` stands for nothing. */
export function headerField(text: string, limit: number): string {
  const field = text.replace(/[^!-~]/g, '_').slice(0, limit)
  return field === '' ? '-' : field
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
