import type { Settlement } from '../delivery/service'
import { describeError, OperatorError } from '../errors/operator-error'
import { backoffMs, type Clock } from '../http/retry'
import type { Journal } from '../journal/journal'
import { Bell } from './bell'
import type { FinishedScan } from './scan'

export const QUEUE_KIND = 'qualys-queue'
export const RESULT_KIND = 'qualys-result'
export const DEAD_KIND = 'qualys-dead-letter'

/** How the queue stands, for the node's status. */
export interface QueueState {
  /** Messages whose scan is not launched yet, the one being worked on included. */
  readonly waiting: number
  /** Messages whose outcome is on its way through the flow. */
  readonly delivering: number
  /** Messages whose outcome the flow did not take; tried again. */
  readonly failed: number
  /** Why nothing moves, when it tries next (ms) and whether that can help without a person. */
  readonly trouble?: { readonly message: string; readonly retryAt: number; readonly heals: boolean }
}

export interface ScanQueueOptions {
  readonly journal: Journal
  /** The node's id. */
  readonly owner: string
  readonly clock: Clock
  /** Scans a message, or carries on with it. The signal ends waiting, not a call that is under way. */
  readonly scan: (key: string, message: object, signal: AbortSignal) => Promise<FinishedScan>
  /** What is recorded when a message cannot be scanned however often it is tried. */
  readonly giveUp: (key: string, message: object, reason: string) => FinishedScan
  /** Sends the outcome on; `settled` is called once, later. */
  readonly deliver: (message: object, finished: FinishedScan, settled: (settlement: Settlement) => void) => void
  readonly onState: (state: QueueState) => void
  /** What a person should read in the log. */
  readonly onWarning: (text: string) => void
}

const MAX_DELIVERING = 8
const PAGE = 20
const SCAN_BACKOFF = { firstMs: 5_000, capMs: 5 * 60_000 }
/** Where a person must act, trying is only a way of noticing that they have. */
const MEND_MS = 15 * 60_000
const UNEXPECTED_ATTEMPTS = 5
const DELIVERY_BACKOFF = { firstMs: 2_000, capMs: 10 * 60_000 }

interface Outgoing {
  readonly key: string
  failures: number
  notBefore: number
}

/**
 * Messages on their way to a scan and from it. Limits can hold a message for hours, longer than the broker waits for an
 * acknowledgement, so each is journalled on arrival and scanned in order; its outcome goes out as a delivery of its own,
 * and its rows go when that was accepted. What is cut off at any point is carried on at the next start.
 */
export class ScanQueue {
  readonly #options: ScanQueueOptions
  readonly #stop = new AbortController()
  readonly #arrived = new Bell()
  readonly #ready = new Bell()
  readonly #incoming: string[] = []
  readonly #outgoing: Outgoing[] = []
  readonly #delivering = new Set<string>()
  #paused = false
  #trouble: QueueState['trouble']
  #loops: Promise<unknown> | undefined

  constructor(options: ScanQueueOptions) {
    this.#options = options
  }

  /** Takes up what an earlier run left, then works until stopped. */
  async start(): Promise<void> {
    if (this.#stop.signal.aborted || this.#loops !== undefined) return
    const finished = await this.#keys(RESULT_KIND)
    const queued = await this.#keys(QUEUE_KIND)
    // Messages may have arrived while this was read.
    const known = new Set([...finished, ...this.#incoming])
    this.#outgoing.push(...finished.map((key) => ({ key, failures: 0, notBefore: 0 })))
    this.#incoming.unshift(...queued.filter((key) => !known.has(key)))
    this.#tell()
    this.#loops = Promise.all([this.#scanAll(), this.#deliverAll()])
  }

  /** Resolves when the message is on disk. A message whose key is in the queue already is not taken a second time. */
  async add(key: string, message: object): Promise<void> {
    const { journal, owner } = this.#options
    const value = { message: plainCopy(message) }
    const [isNew] = await journal.write([{ do: 'insert', owner, kind: QUEUE_KIND, key, value }])
    if (!isNew) return
    this.#incoming.push(key)
    this.#tell()
    this.#arrived.ring()
  }

  /** A sink is away: outcomes are kept, scans go on. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#ready.ring()
  }

  /** Whatever was wrong may be mended: try at once. */
  retryNow(): void {
    this.#arrived.ring()
  }

  /** Ends waiting, lets a call that is under way come to its answer. Deliveries that are open are still settled. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperatorError('QUALYS_CLOSED', 'The node is being closed.', { retryable: true }))
    await this.#loops
  }

  /** Keys in order of arrival. Read in pages: the messages of a long outage need not be in memory at once. */
  async #keys(kind: string): Promise<string[]> {
    const { journal, owner } = this.#options
    const keys: string[] = []
    for (let after = 0; ; ) {
      const page = await journal.list(owner, kind, { limit: PAGE, after })
      keys.push(...page.map(({ key }) => key))
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return keys
      after = last.sequence
    }
  }

  async #scanAll(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      const [key] = this.#incoming
      if (key === undefined) {
        await this.#arrived.wait(this.#stop.signal)
        continue
      }
      try {
        await this.#scanOne(key, failures)
        this.#incoming.shift()
        failures = 0
        this.#trouble = undefined
        this.#tell()
      } catch (thrown) {
        if (this.#stop.signal.aborted) return
        failures += 1
        await this.#restAfter(thrown, failures)
      }
    }
  }

  async #scanOne(key: string, failures: number): Promise<void> {
    const { journal, owner, scan, giveUp } = this.#options
    const row = await journal.get(owner, QUEUE_KIND, key)
    if (row === undefined) return
    const { message } = row.value as { message: object }
    let finished: FinishedScan
    try {
      finished = await scan(key, message, this.#stop.signal)
    } catch (thrown) {
      if (holdsUpAll(thrown) || failures + 1 < UNEXPECTED_ATTEMPTS) throw thrown
      finished = giveUp(key, message, describeError(thrown))
      this.#options.onWarning(`a message was given up after ${UNEXPECTED_ATTEMPTS} tries: ${describeError(thrown)}`)
    }
    await journal.write([{ do: 'put', owner, kind: RESULT_KIND, key, value: finished }])
    this.#outgoing.push({ key, failures: 0, notBefore: 0 })
    this.#ready.ring()
  }

  async #restAfter(thrown: unknown, failures: number): Promise<void> {
    const { clock, onWarning } = this.#options
    const heals = !(thrown instanceof OperatorError) || thrown.retryable
    const pause = heals ? 1_000 + backoffMs(failures, SCAN_BACKOFF, clock.random) : MEND_MS
    const message = describeError(thrown)
    // Said once; the status shows that it lasts.
    if (this.#trouble?.message !== message) onWarning(message)
    this.#trouble = { message, retryAt: clock.now() + pause, heals }
    this.#tell()
    await this.#arrived.wait(this.#stop.signal, clock, pause)
  }

  async #deliverAll(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stop.signal.aborted) {
      const now = clock.now()
      const at = this.#outgoing.findIndex(({ notBefore }) => notBefore <= now)
      const mayDeliver = !this.#paused && this.#delivering.size < MAX_DELIVERING
      if (mayDeliver && at >= 0) {
        const [outgoing] = this.#outgoing.splice(at, 1)
        if (outgoing !== undefined) await this.#deliverOne(outgoing)
        continue
      }
      const next = Math.min(...this.#outgoing.map(({ notBefore }) => notBefore))
      const pause = mayDeliver && Number.isFinite(next) ? next - now : undefined
      await this.#ready.wait(this.#stop.signal, clock, pause)
    }
  }

  async #deliverOne(outgoing: Outgoing): Promise<void> {
    const { journal, owner, deliver } = this.#options
    const { key } = outgoing
    this.#delivering.add(key)
    try {
      const [queued, result] = [await journal.get(owner, QUEUE_KIND, key), await journal.get(owner, RESULT_KIND, key)]
      if (queued === undefined || result === undefined) return void this.#delivering.delete(key)
      const { message } = queued.value as { message: object }
      deliver(message, result.value as FinishedScan, (settlement) => void this.#settled(outgoing, settlement))
      this.#tell()
    } catch (thrown) {
      this.#again(outgoing, describeError(thrown))
    }
  }

  async #settled(outgoing: Outgoing, settlement: Settlement): Promise<void> {
    const { journal, owner, onWarning } = this.#options
    const { key } = outgoing
    try {
      if (settlement.outcome === 'retry') return this.#again(outgoing, settlement.reason.message)
      const rows = [QUEUE_KIND, RESULT_KIND].map((kind) => ({ do: 'delete' as const, owner, kind, key }))
      if (settlement.outcome === 'dead-letter') {
        const { reason } = settlement
        const queued = (await journal.get(owner, QUEUE_KIND, key))?.value as { message: object } | undefined
        const value = { ...queued, reason }
        await journal.write([{ do: 'put', owner, kind: DEAD_KIND, key, value }, ...rows])
        onWarning(`the outcome of scan ${key} was set aside (${reason.code}): ${reason.message}`)
      } else {
        await journal.write(rows)
      }
      this.#delivering.delete(key)
      this.#tell()
      this.#ready.ring()
    } catch (thrown) {
      this.#again(outgoing, describeError(thrown))
    }
  }

  #again(outgoing: Outgoing, reason: string): void {
    const { clock, onWarning } = this.#options
    this.#delivering.delete(outgoing.key)
    if (this.#stop.signal.aborted) return
    if (outgoing.failures === 0) onWarning(`the flow did not take the outcome of scan ${outgoing.key}: ${reason}`)
    outgoing.failures += 1
    outgoing.notBefore = clock.now() + 1_000 + backoffMs(outgoing.failures, DELIVERY_BACKOFF, clock.random)
    this.#outgoing.push(outgoing)
    this.#tell()
    this.#ready.ring()
  }

  #tell(): void {
    if (this.#stop.signal.aborted) return
    this.#options.onState({
      waiting: this.#incoming.length,
      delivering: this.#delivering.size,
      failed: this.#outgoing.filter(({ failures }) => failures > 0).length,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    })
  }
}

/** Whether other messages would meet the same. One that breaks every time for itself must not hold up the others. */
function holdsUpAll(thrown: unknown): boolean {
  return (
    thrown instanceof OperatorError &&
    (thrown.retryable || ['QUALYS_REFUSED', 'QUALYS_PATH'].includes(thrown.code) || thrown.code.startsWith('JOURNAL_'))
  )
}

/** What a journal can keep: no request and response objects of the http nodes, nothing alive, no delivery token. */
function plainCopy(message: object): unknown {
  const { _delivery: _, req: __, res: ___, ...rest } = message as Record<string, unknown>
  try {
    return JSON.parse(JSON.stringify(rest)) as unknown
  } catch (cause) {
    throw new OperatorError('QUALYS_MESSAGE', 'The message holds something that cannot be journalled.', {
      remedy: 'Remove live objects from the message before this node.',
      cause,
    })
  }
}
