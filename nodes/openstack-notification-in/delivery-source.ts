import type { Node, NodeAPI } from 'node-red'
import type { DeliverySource } from '../../src/delivery/service'
import { deliveryService } from '../shared/delivery'
import { type NotificationInConfig, numberOr } from './source'

/** How the delivery service stops and restarts a source while a sink is away. */
export interface SourceBrake {
  readonly pause: (reason: string) => void
  readonly resume: () => void
  /** The sink has been away for long: what is open comes back. Default: like `pause`. */
  readonly suspend?: (reason: string) => void
  /** So many messages were sent with a token that was settled already: for the status. */
  readonly lateSends: (total: number) => void
}

/** The node's deliveries as its dialog says; undefined where a notification is finished on receipt. */
export function deliverySource(
  RED: NodeAPI,
  node: Node,
  config: NotificationInConfig,
  brake: SourceBrake,
): DeliverySource | undefined {
  if (config.settle === 'receipt') return undefined
  return deliveryService(RED).source({
    id: node.id,
    deadlineMs: numberOr(config.deadline, 20, 0.01) * 60_000,
    caughtErrorsCountAsHandled: config.caught === true,
    settledByHand: config.settle === 'hand',
    onPause: brake.pause,
    onResume: brake.resume,
    onSuspend: brake.suspend ?? brake.pause,
    onLateSend: (total) => {
      brake.lateSends(total)
      if (total === 1 || total % 1000 === 0) {
        node.warn(`${total} messages were sent by the flow after their delivery had ended: tracking ends early there.`)
      }
    },
  })
}
