/**
 * An error that a person can act on. Every error that leaves this package is one of these.
 *
 * `code` is stable: flows route on it (`msg.error.code` behind a catch node) and documents name it.
 * `message` says what failed, for which target; `remedy` says what to do.
 * Text that came from outside must have gone through {@link redact} and {@link quote} before it gets here.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError'
  readonly code: string
  readonly remedy: string | undefined
  /** true when trying again later can help; the delivery is then retried rather than dead-lettered. */
  readonly retryable: boolean

  constructor(code: string, message: string, options: { remedy?: string; retryable?: boolean; cause?: unknown } = {}) {
    super(options.remedy === undefined ? message : `${message} ${options.remedy}`, { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.retryable = options.retryable ?? false
  }
}

/** The message of whatever was thrown, on one line. */
export function describeError(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return text.replace(/\s+/g, ' ').trim()
}
