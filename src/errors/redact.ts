const SECRET_PATTERNS: readonly RegExp[] = [
  // user:password@host in any URL; the user name may stay
  /(?<=\/\/[^\s/:@]{0,256}:)[^\s/@]{1,1024}(?=@)/g,
  // headers and key/value forms of the secrets this package handles
  /(?<=(?:x-auth-token|x-subject-token|authorization|set-cookie|cookie)["']?\s*[:=]\s*["']?(?:basic |bearer )?)[^\s"',;]{1,4096}/gi,
  /(?<=(?:password|passwd|secret|api[_-]?key|auth_token|token)\\{0,8}["']?\s*[:=]\s*(?:[ub]?\\{0,8}["'])?)[^\s"',;&]{1,4096}/gi,
]

/**
 * Removes secrets from a text before a person or a log sees it: the given values literally, and whatever looks like
 * a credential by its label.
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  let cleaned = text
  for (const secret of secrets) {
    // Shorter values would blank out ordinary words.
    if (secret === undefined || secret.length < 4) continue
    cleaned = cleaned.replaceAll(secret, '<redacted>')
    // As forms and addresses carry it.
    const encoded = encodedOf(secret)
    if (encoded !== secret) cleaned = cleaned.replaceAll(encoded, '<redacted>')
  }
  for (const pattern of SECRET_PATTERNS) cleaned = cleaned.replace(pattern, '<redacted>')
  return cleaned
}

function encodedOf(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    // Half a character cannot be sent either.
    return secret
  }
}

/**
 * A text from outside, fit for one log line or status: control and bidirectional characters become visible escapes,
 * white space is folded, and it is cut at `limit` characters.
 */
export function quote(text: string, limit = 200): string {
  const folded = text
    .replace(/[\t\n\r ]+/g, ' ')
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
      /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .trim()
  return folded.length > limit ? `${folded.slice(0, limit)}…` : folded
}
