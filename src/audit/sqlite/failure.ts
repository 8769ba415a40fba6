import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/** An error on its way between threads, which keeps neither class nor code of what is thrown. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** Said already as a person should read it. */
  readonly told?: { readonly remedy?: string; readonly retryable: boolean }
}

/** Primary result codes of SQLite. */
const NAMED: Readonly<Record<number, string>> = {
  5: 'BUSY',
  6: 'BUSY',
  8: 'READ_ONLY',
  11: 'DAMAGED',
  13: 'FULL',
  14: 'CANNOT_OPEN',
  26: 'DAMAGED',
}

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof OperatorError) {
    const { code, remedy, retryable } = thrown
    const message = remedy === undefined ? thrown.message : thrown.message.slice(0, -remedy.length - 1)
    return { code, message, told: remedy === undefined ? { retryable } : { remedy, retryable } }
  }
  const error = thrown as { code?: unknown; errcode?: unknown; message?: unknown }
  const primary = typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  const code = NAMED[primary] ?? (typeof error.code === 'string' ? error.code : 'UNKNOWN')
  return { code, message: String(error.message ?? thrown) }
}

/** What a person reads of it. `owner` says who has the file, where somebody has. */
export function errorOf(failure: Failure, path: string, owner: () => string): OperatorError {
  const { code, told } = failure
  const store = `The audit store ${quote(path)}`
  const message = quote(failure.message)
  if (told !== undefined) return new OperatorError(code, failure.message, told)
  switch (code) {
    case 'NO_SQLITE':
      return needsNode()
    case 'IN_USE':
      return new OperatorError('AUDIT_STORE_IN_USE', `${store} is in use by ${owner()}.`, {
        remedy: 'Give each Node-RED a store of its own, or use OpenSearch for several.',
        retryable: true,
      })
    case 'BUSY':
      return new OperatorError('AUDIT_STORE_BUSY', `${store} is locked by another program.`, { retryable: true })
    case 'DAMAGED':
      return new OperatorError('AUDIT_STORE_DAMAGED', `${store} is damaged: ${message}.`, {
        remedy:
          'Nothing is written to it any more. Verify it to see where (openstack-audit-verify), keep it, and give the node another file.',
      })
    case 'FULL':
      return new OperatorError('AUDIT_STORE_FULL', `No space is left for the audit store ${quote(path)}.`, {
        remedy: 'Make room on the disk, or let events go sooner.',
        retryable: true,
      })
    case 'TOO_SLOW':
      return new OperatorError('AUDIT_TOO_SLOW', 'The question took longer than it may.', {
        remedy: 'Ask for a shorter time or for fewer conditions.',
      })
    case 'LAYOUT':
      return new OperatorError('AUDIT_STORE_REFUSED', `${store} cannot be used: ${message}.`, {
        remedy: 'Name a file that does not exist yet, or one that this version has written.',
      })
    case 'READ_ONLY':
    case 'CANNOT_OPEN':
      return unwritable(path)
    default:
      return new OperatorError('AUDIT_STORE_AWAY', `${store} failed: ${message}.`, { retryable: true })
  }
}

export function needsNode(): OperatorError {
  const message = `The audit store needs Node 22.13 or newer; this is ${process.version}.`
  return new OperatorError('AUDIT_STORE_NEEDS_NODE', message)
}

export function unwritable(path: string, cause?: unknown): OperatorError {
  return new OperatorError('AUDIT_STORE_REFUSED', `The audit store ${quote(path)} cannot be written.`, {
    remedy: 'Check that its directory exists and belongs to the user that runs Node-RED.',
    cause,
  })
}
