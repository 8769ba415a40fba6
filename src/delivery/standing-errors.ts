import { describeError, OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { SettlementReason } from './service'

type Channel = 'done' | 'error'

interface Reported {
  readonly error: unknown
  readonly message: object
  /** The channel that has told it; `undefined` once both have. */
  awaits: Channel | undefined
}

interface NodeErrors {
  standing: number
  first: unknown
  readonly reported: Reported[]
}

/**
 * The errors of one delivery, counted per failing node.
 *
 * `done(error)` reaches us twice (the completion, then the node's `error` method), in either order where another palette
 * delays a hook; the pair counts once.
 */
export class StandingErrors {
  private readonly byNode = new Map<string, NodeErrors>()

  report(nodeId: string, error: unknown, message: object, channel: Channel): void {
    const errors = this.of(nodeId)
    const twin = errors.reported.find((r) => r.awaits === channel && r.error === error && r.message === message)
    if (twin !== undefined) {
      twin.awaits = undefined
      return
    }
    errors.reported.push({ error, message, awaits: channel === 'done' ? 'error' : 'done' })
    this.count(errors, error)
  }

  /**
   * A catch node has received an error of this node. Handled, it takes back one error of that node and no other. Not
   * handled, it is at least proof of an error that nobody else may have reported.
   */
  caught(nodeId: string, error: unknown, handled: boolean): void {
    const errors = this.of(nodeId)
    if (handled) errors.standing = Math.max(0, errors.standing - 1)
    else if (errors.standing === 0) this.count(errors, error)
  }

  /** What stands; `permanent` if every error says that trying again cannot help. */
  summary(): { reason: SettlementReason; nodeIds: readonly string[]; permanent: boolean } | undefined {
    const standing = [...this.byNode].filter(([, errors]) => errors.standing > 0)
    const [first] = standing
    if (first === undefined) return undefined
    const [nodeId, { first: error }] = first
    return {
      reason: { code: codeOf(error), message: quote(redact(describeError(error))), nodeId },
      nodeIds: standing.map(([id]) => id),
      permanent: standing.every(([, errors]) => isPermanent(errors.first)),
    }
  }

  private of(nodeId: string): NodeErrors {
    let errors = this.byNode.get(nodeId)
    if (errors === undefined) {
      errors = { standing: 0, first: undefined, reported: [] }
      this.byNode.set(nodeId, errors)
    }
    return errors
  }

  private count(errors: NodeErrors, error: unknown): void {
    if (errors.standing === 0) errors.first = error
    errors.standing += 1
  }
}

function codeOf(error: unknown): string {
  return error instanceof OperatorError ? error.code : 'FLOW_ERROR'
}

/** Only our own nodes say so; a foreign error and one of ours that nobody foresaw may pass. */
function isPermanent(error: unknown): boolean {
  return error instanceof OperatorError && !error.retryable && error.code !== 'UNEXPECTED'
}
