import type { Node, NodeAPI } from 'node-red'
import type { Waiting } from '../../src/batch/waiting-line'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { Journal } from '../../src/journal/journal'
import { deliveryService } from './delivery'
import { whenFlowsStarted } from './flows-started'
import { type InputContext, onClose } from './input'
import { journalTrouble } from './journal'
import { patientJournal } from './patient-journal'
import { refuseEverything } from './refuse-everything'
import type { NodeStatus } from './status'

/** What keeps messages in the journal for a node and sends them on as deliveries of their own. */
export interface Keeper {
  /** Messages that wait for room. */
  readonly waiting: number
  /** The flow is there: something may leave. Not called before. */
  start(): void
  pause(): void
  resume(): void
  /** Stops sending; resolves when nothing is written any more. */
  close(): Promise<void>
}

export interface KeepingOptions<K extends Keeper> {
  readonly status: NodeStatus
  /** What a message is told that comes while the node closes; its code ends in `_CLOSED`. */
  readonly closed: OperatorError
  /** Why sources pause while there is no room. */
  readonly full: string
  /** Rejects as the journal does. */
  readonly load: (journal: Journal) => Promise<K>
  /** @param paused why nothing leaves now */
  readonly show: (keeper: K, paused: string | undefined) => void
}

export interface Keeping<K extends Keeper> {
  /** Sends messages that are one delivery; resolves when the flow has finished with all of them. */
  send(messages: readonly object[]): Promise<Settlement>
  /** Once the journal is open, until the node closes. */
  readonly keeper: K | undefined
  /** Waits for a journal that is only slow to open. Rejects with what is wrong with one in trouble, and while the node closes. */
  ready(): Promise<K>
  /** Lets a message wait while there is no room, if its source can pause; others are told at once. */
  take(context: InputContext, add: (waiting: Waiting | undefined) => Promise<unknown>): Promise<void>
  show(): void
}

const DRAIN_MS = 5000

/**
 * The life of a node that keeps what it takes: opens the journal with patience, sends nothing before the flows are up, pauses
 * with its sinks, drains on closing.
 * @throws OperatorError `SECOND_COPY`
 */
export function keepingNode<K extends Keeper>(RED: NodeAPI, node: Node, options: KeepingOptions<K>): Keeping<K> {
  const { status, load } = options
  const deliveries = deliveryService(RED)
  let keeper: K | undefined
  let paused: string | undefined
  const show = () => {
    if (keeper !== undefined) options.show(keeper, paused)
  }
  const source: DeliverySource = deliveries.source({
    id: node.id,
    onPause: (reason) => {
      paused = reason
      keeper?.pause()
      show()
    },
    onResume: () => {
      paused = undefined
      keeper?.resume()
      show()
    },
  })
  const stop = new AbortController()
  let opening = true
  let trouble: unknown = options.closed
  status.connecting('opening the journal')
  const flowsStarted = afterStart(RED, stop.signal)
  const opened = patientJournal(RED, stop.signal, (thrown, first) => {
    opening = false
    trouble = thrown
    status.attention(journalTrouble(thrown))
    if (first) node.error(describeError(thrown))
  }).then(async (journal) => {
    if (journal === undefined) return
    const loaded = await load(journal)
    if (stop.signal.aborted) return
    keeper = loaded
    if (paused !== undefined) loaded.pause()
    show()
    void flowsStarted.then(() => {
      loaded.start()
      show()
    })
  })
  opened.catch((thrown: unknown) => {
    trouble = thrown
    status.attention(journalTrouble(thrown))
    node.error(describeError(thrown))
  })
  onClose(node, async () => {
    stop.abort()
    // First of all it takes and sends nothing more; then what is on its way may end.
    const closed = keeper?.close()
    await source.drain(DRAIN_MS)
    source.close()
    await Promise.allSettled([opened, closed])
    deliveries.back(node.id)
  })
  return {
    send: (messages) =>
      new Promise<Settlement>((resolve) => {
        const delivery = source.open(resolve)
        for (const message of messages) node.send({ ...message, _delivery: delivery.token } as never)
        delivery.sent()
      }),
    get keeper() {
      return stop.signal.aborted ? undefined : keeper
    },
    async ready() {
      if (keeper === undefined && opening) await opened.catch(() => {})
      if (keeper === undefined || stop.signal.aborted) throw trouble
      return keeper
    },
    async take({ token, signal }, add) {
      const waiting: Waiting | undefined =
        token === undefined ? undefined : { signal, onWait: () => deliveries.away(token, node.id, options.full) }
      try {
        await add(waiting)
      } catch (thrown) {
        // It goes back to its source as the flows stop; there is nothing to report.
        const closed = thrown instanceof OperatorError && thrown.code === options.closed.code
        if (waiting === undefined || !closed) throw thrown
      } finally {
        if (waiting !== undefined && (keeper?.waiting ?? 0) === 0) deliveries.back(node.id)
      }
    },
    show,
  }
}

/** A node that cannot be used shows why, and gives every message back. */
export function unusable(RED: NodeAPI, node: Node, status: NodeStatus, thrown: unknown): void {
  const notConfigured = thrown instanceof OperatorError && thrown.code.endsWith('_CONFIG')
  status.attention(notConfigured ? 'not configured' : describeError(thrown))
  node.error(describeError(thrown))
  refuseEverything(RED, node, thrown)
}

/** Only then is every node there that a message may be sent to. */
function afterStart(RED: NodeAPI, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const forget = whenFlowsStarted(RED, resolve)
    signal.addEventListener('abort', forget)
  })
}
