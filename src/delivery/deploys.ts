import type { OpenDelivery } from './open-delivery'
import type { Runtime } from './ports'
import type { SettlementReason } from './service'

/**
 * Which deploys a delivery has lived through, and whether a node instance is still part of the flows. A node that was
 * replaced still completes and sends (core delay and queue nodes call `done` for what they throw away on close), so
 * without asking every deploy would lose messages.
 */
export class Deploys {
  /** Grows with every beginning and end of a deploy. */
  epoch = 0
  /** Nodes may be missing: from `flows:stopping` to `flows:started`. A source's node is built during a start. */
  underWay = true
  private readonly runtime: Runtime
  /** Close handlers are being called: a node may complete another's message that is closed next. */
  private closing = false

  constructor(runtime: Runtime) {
    this.runtime = runtime
  }

  /** `closed` is called when every node that this deploy closes has been taken out. */
  begin(closed: () => void): void {
    this.epoch += 1
    this.underWay = true
    this.closing = true
    // Every node that is going to be closed is taken out and its close handler called in this very turn.
    queueMicrotask(() => {
      this.closing = false
      closed()
    })
  }

  /** Every close handler has ended. */
  stopped(): void {
    this.closing = false
  }

  end(): void {
    this.epoch += 1
    this.underWay = false
  }

  /** Asks the runtime only if there was a deploy since the delivery was opened: no hop pays for it otherwise. */
  isDeployed(delivery: OpenDelivery, nodeId: string, node: object): boolean {
    if (delivery.epoch === this.epoch) return true
    return !this.closing && this.runtime.isDeployed(nodeId, node)
  }

  reason(nodeId: string): SettlementReason {
    const name = this.runtime.describe(nodeId)
    return { code: 'DEPLOYED', message: `A deploy stopped ${name} while it had the message.`, nodeId }
  }
}
