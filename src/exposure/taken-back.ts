import { OperatorError } from '../errors/operator-error'

/** The source wants its message back, so nobody needs the answer any more. */
export function takenBack(): OperatorError {
  return new OperatorError('LOOKUP_ABORTED', 'The message was taken back.', { retryable: true })
}

/** The promise, or LOOKUP_ABORTED as soon as the message is taken back. */
export function unlessTakenBack<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const givenUp = () => reject(takenBack())
    if (signal.aborted) givenUp()
    signal.addEventListener('abort', givenUp, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', givenUp))
  })
}
