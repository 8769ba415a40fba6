import { OperatorError } from '../../src/errors/operator-error'

export function isFlush(flush: unknown): boolean {
  return flush === true || typeof flush === 'string'
}

export function notAnEvent(what: string): OperatorError {
  return new OperatorError('BATCH_NO_EVENT', what, {
    remedy: 'A batch takes single messages with msg.event, or msg.flush.',
  })
}
