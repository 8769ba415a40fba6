import { BatchCollector, type CollectorOptions } from '../batch/collector'
import type { BatchCounts, EmittedBatch } from '../batch/model'
import type { Waiting } from '../batch/waiting-line'
import type { Settlement } from '../delivery/service'
import { OperatorError } from '../errors/operator-error'
import type { BatchMember } from '../message/model'
import { type Facet, facetOf, roleOf } from './facet'
import { joinOperation } from './join'
import type { CorrelatePolicy, EmitOperation } from './model'
import { Operation } from './operation'
import { RecentCalls } from './recent-calls'

export interface CorrelatorOptions
  extends Pick<
    CollectorOptions,
    'journal' | 'owner' | 'timers' | 'random' | 'newId' | 'onChange' | 'onTrouble' | 'retry'
  > {
  readonly policy: CorrelatePolicy
  readonly emit: EmitOperation
}

/** No request sets so many notifications going; what does is no request. */
const MOST_MESSAGES = 1000
/** Operations are small, and each waits for the journal. */
const AT_ONCE = 64

/**
 * Joins the messages of one request. Each operation is a batch of its own in the journal, with all that a batch promises;
 * what is added here is which messages belong together, and when nothing more is expected.
 */
export class Correlator {
  readonly #options: CorrelatorOptions
  readonly #recent: RecentCalls
  readonly #byKey = new Map<string, Operation>()
  readonly #byId = new Map<string, Operation>()
  #collector!: BatchCollector

  private constructor(options: CorrelatorOptions) {
    this.#options = options
    this.#recent = new RecentCalls(options.timers, options.policy.windowMs)
  }

  /** Rejects as the journal does. Nothing is emitted before {@link start}. */
  static async load(options: CorrelatorOptions): Promise<Correlator> {
    const correlator = new Correlator(options)
    const left: [string, Facet, string][] = []
    correlator.#collector = await BatchCollector.load({
      ...options,
      policy: { windowMs: options.policy.windowMs, held: options.policy.held, count: MOST_MESSAGES },
      emit: (batch) => correlator.#emit(batch),
      atOnce: AT_ONCE,
      onMember: (key, member, messageId) => {
        const facet = facetOf(member)
        if (facet !== undefined) left.push([key, facet, messageId])
      },
      onComplete: (key) => correlator.#forget(key),
    })
    for (const [id, facet, messageId] of left) correlator.#takeUp(id, facet, messageId)
    return correlator
  }

  /** The flow is there: what is complete leaves, and what has waited long enough. */
  start(): void {
    this.#collector.start()
    for (const operation of [...this.#byId.values()]) this.#leaveIfComplete(operation)
  }

  get counts(): BatchCounts {
    return this.#collector.counts
  }

  /** Messages that wait for room. */
  get waiting(): number {
    return this.#collector.waiting
  }

  /**
   * Whether there is anything to wait for. What knows its client already is joined only with a call that is here: few
   * services have both an audit middleware and that.
   */
  concerns(facet: Facet | undefined): facet is Facet {
    if (facet === undefined) return false
    if (facet.role === 'request' || facet.role === 'response') return true
    if (!this.#options.policy.notifications) return false
    if (!facet.knowsAddress) return true
    return facet.keys.some((key) => this.#byKey.has(key)) || this.#recent.find(facet.keys) !== undefined
  }

  /** Resolves when the message is on disk; from then on it is in exactly one operation. Rejects as a batch does. */
  async add(member: BatchMember, messageId: string, facet: Facet, waiting?: Waiting): Promise<void> {
    const found = () => {
      const operation = this.#operationOf(facet)
      this.#put(operation, messageId, facet)
      // When the batch has the message.
      queueMicrotask(() => this.#leaveIfComplete(operation))
      return operation.id
    }
    try {
      await this.#collector.add(member, messageId, found, waiting)
    } catch (thrown) {
      for (const key of facet.keys) this.#withdraw(this.#byKey.get(key), messageId)
      throw inOwnWords(thrown)
    }
  }

  /** Everything leaves now, with what has come, and what failed is tried at once. */
  flush(): void {
    this.#collector.flush()
  }

  pause(): void {
    this.#collector.pause()
  }

  resume(): void {
    this.#collector.resume()
  }

  /** Stops emitting; resolves when nothing is written any more. */
  close(): Promise<void> {
    return this.#collector.close()
  }

  #operationOf(facet: Facet): Operation {
    const known = [...new Set(facet.keys.flatMap((key) => this.#byKey.get(key) ?? []))]
    const [operation = new Operation(this.#options.newId()), ...others] = known
    for (const other of others) this.#merge(other, operation)
    return operation
  }

  /** Two turn out to be one: a response names both the event of its request and the request of a notification. */
  #merge(from: Operation, into: Operation): void {
    this.#forget(from.id)
    into.takeOver(from)
    for (const key of into.keys) this.#byKey.set(key, into)
    this.#collector.merge(from.id, into.id)
  }

  #takeUp(id: string, facet: Facet, messageId: string): void {
    const operation = this.#byId.get(id) ?? new Operation(id)
    for (const key of facet.keys) {
      const other = this.#byKey.get(key)
      // An earlier process died before it could move one to the other.
      if (other !== undefined && other !== operation) this.#merge(other, operation)
    }
    this.#put(operation, messageId, facet)
  }

  #put(operation: Operation, messageId: string, facet: Facet): void {
    operation.add(messageId, facet)
    this.#byId.set(operation.id, operation)
    for (const key of facet.keys) this.#byKey.set(key, operation)
  }

  #withdraw(operation: Operation | undefined, messageId: string): void {
    operation?.remove(messageId)
    if (operation?.isEmpty) this.#forget(operation.id)
  }

  #leaveIfComplete(operation: Operation): void {
    if (this.#byId.get(operation.id) !== operation) return
    const called = this.#recent.find(operation.keys) !== undefined
    if (operation.isComplete(this.#options.policy.notifications, called)) this.#collector.complete(operation.id)
  }

  /** It has left, or has become part of another. */
  #forget(id: string): void {
    const operation = this.#byId.get(id)
    this.#byId.delete(id)
    for (const key of operation?.keys ?? []) if (this.#byKey.get(key) === operation) this.#byKey.delete(key)
  }

  #emit({ members }: EmittedBatch): Promise<Settlement> {
    const facets = members.map((member) => facetOf(member))
    const keys = facets.flatMap((facet) => facet?.keys ?? [])
    const earlier = this.#recent.find(keys) ?? []
    const call = members.filter((member) => ['request', 'response'].includes(roleOf(member)))
    // Nothing more is to come of a call that only reads, or cannot be recognised.
    if (facets.some((facet) => facet?.role === 'response' && facet.hasRequestId && !facet.reads)) {
      this.#recent.remember(keys, call)
    }
    const { notifications } = this.#options.policy
    return this.#options.emit(joinOperation(members, { notifications, earlier }))
  }
}

export const CLOSED = new OperatorError('CORRELATE_CLOSED', 'The node is being stopped.', { retryable: true })

function inOwnWords(thrown: unknown): unknown {
  const code = thrown instanceof OperatorError ? thrown.code : ''
  if (code === 'BATCH_CLOSED') return CLOSED
  if (code !== 'BATCH_FULL') return thrown
  return new OperatorError('CORRELATE_FULL', 'The node keeps as many messages as it may.', {
    remedy: 'See why the flow does not finish what it sends, or raise the bound.',
    retryable: true,
  })
}
