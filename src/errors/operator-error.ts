import { quote, redact } from './redact'

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

/** An amqplib error carries up to 255 bytes of the broker's; ours are shorter. */
const LONGEST = 2000

/**
 * The message of whatever was thrown, fit for one line of a log. Ours say only what may be said; any other may quote what
 * came from outside (`JSON.parse` does), so secrets are taken out of it.
 */
export function describeError(thrown: unknown): string {
  const text = textOf(thrown)
  return quote(thrown instanceof OperatorError ? text : redact(text), LONGEST)
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    // A flow may throw an object that cannot become a text.
    return 'an error without a text'
  }
}
