import type { OperatorError } from '../errors/operator-error'

/**
 * When is a message finished? The contract between sources, sinks and the runtime's hooks.
 * The idea and its rules stand in docs/architecture.md, "Delivery"; what users are promised in docs/delivery.md.
 */
export type Settlement =
  | { readonly outcome: 'accepted' }
  /**
   * Give it back. `countsAttempt` is false where nobody is to blame (deploy, shutdown, a sink that was away): the source
   * returns the message as it is. Otherwise the source counts and after its limit dead-letters with the reason.
   */
  | { readonly outcome: 'retry'; readonly reason: SettlementReason; readonly countsAttempt: boolean }
  | { readonly outcome: 'dead-letter'; readonly reason: SettlementReason }

export interface SettlementReason {
  /** Stable code, e.g. `FLOW_ERROR`, `DEPLOYED`, `DEADLINE`, `SINK_AWAY`, `BY_HAND`. */
  readonly code: string
  readonly message: string
  /** The node that failed or held the message. */
  readonly nodeId?: string
}

/** What a node that sets messages going asks of the service. */
export interface SourceOptions {
  /** The node's id. */
  readonly id: string
  /** From opening to the abort signal, in ms; default 20 minutes. */
  readonly deadlineMs?: number
  /** A catch node's work counts as handling the error it received. Default false. */
  readonly caughtErrorsCountAsHandled?: boolean
  /**
   * Only `settle` (`openstack-notification-ack`) accepts; a finished flow does not. The deadline, a deploy that lost the
   * message and `close` still give it back. Default false.
   */
  readonly settledByHand?: boolean
  /** Stop emitting: a sink is away. What is held stays held. */
  readonly onPause?: (reason: string) => void
  readonly onResume?: () => void
  /** The sink has been away for 15 minutes: give everything back and stop consuming until `onResume`. */
  readonly onSuspend?: (reason: string) => void
  /** A message was sent with a token that is already settled: tracking ended early somewhere. Called with the total so far. */
  readonly onLateSend?: (total: number, nodeId: string) => void
}

export interface DeliverySource {
  /** Opens a delivery. The listener is called exactly once, never synchronously from `open`. */
  open(onSettled: (settlement: Settlement) => void): Delivery
  readonly inFlight: number
  /** Waits until sinks that have begun a write have confirmed or failed, at most `timeoutMs`; then every open delivery settles as retry. */
  drain(timeoutMs: number): Promise<void>
  /** Unregisters; open deliveries settle as retry without counting an attempt. */
  close(): void
}

export interface Delivery {
  /** Goes into `msg._delivery`. */
  readonly token: string
  /** The source has sent all messages of this delivery (call right after `node.send`); until then it cannot settle. */
  sent(): void
}

export interface DeliveryService {
  /**
   * False where the runtime has no message hooks (node-red-node-test-helper): a delivery is then accepted as soon as it is
   * sent, and a source says so.
   */
  readonly tracks: boolean
  /**
   * @throws OperatorError `SECOND_COPY` if another copy of this package already tracks messages in this runtime; the
   * source shows it as a red dot and consumes nothing.
   */
  source(options: SourceOptions): DeliverySource
  /** Fires at the delivery's deadline or when its source takes everything back; the holder drops its copy. */
  signal(token: string | undefined): AbortSignal | undefined
  /**
   * A sink of ours has begun a write for this delivery; it may confirm it even while flows are stopping. `message` is the
   * received message itself; it tells two messages of one delivery apart.
   */
  begin(token: string | undefined, nodeId: string, message?: object): PendingWrite
  /** This sink cannot deliver now: the delivery's source is paused, no attempt is counted while it lasts. */
  away(token: string | undefined, nodeId: string, reason: string): void
  /** The sink works again (or closes): sources paused by it resume. */
  back(nodeId: string): void
  /** By hand (`openstack-notification-ack`). False if the token is unknown or settled. */
  settle(token: string | undefined, settlement: Settlement, nodeId: string): boolean
}

export interface PendingWrite {
  /** The effect has happened. */
  confirm(): void
  fail(error: OperatorError): void
}
