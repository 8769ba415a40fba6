import type { OperatorError } from '../../errors/operator-error'
import type { Checkpoint, VerifyReport } from '../chain/model'
import type {
  AuditFilter,
  AuditRecord,
  Bucket,
  Configuration,
  DistinctRequest,
  DistinctValue,
  ExportRequest,
  Filling,
  HistogramRequest,
  ListRequest,
  Page,
  Scope,
  StoredEvent,
  StoredOperation,
  Tenant,
  TenantSettings,
} from '../model'
import type { AuditStore, InsertOutcome, StoreSize } from '../store'
import type { ReaderCalls, Retire, RetirePlace, WriterCalls } from './calls'
import type { ExportPlace } from './export'
import { closed, type Thread } from './thread'
import { wireOf } from './wire'

/** Records of one message: about a millisecond of Node-RED's thread. */
const PART = 125
/** Characters of bodies in one message, where records are large. */
const LARGEST_PART = 500_000
/** A question that takes longer in the thread for quick ones goes to the one for wide ones. */
const QUICK_MS = 100

export interface StoreThreads {
  readonly writer: Thread<WriterCalls>
  readonly quick: Thread<ReaderCalls>
  /** Another reader. */
  readonly another: () => Thread<ReaderCalls>
  /** What was found when it was opened. */
  readonly trouble: OperatorError | undefined
  readonly slowestMs: number
}

/** The store as it is seen from Node-RED's thread, which only posts questions and takes answers. */
export class SqliteStore implements AuditStore {
  readonly trouble?: OperatorError
  readonly #threads: StoreThreads
  #wide: Thread<ReaderCalls> | undefined
  #closing: Promise<void> | undefined
  #batch = 0
  /** All that was to be inserted has been posted. */
  #posting: Promise<void> = Promise.resolve()

  constructor(threads: StoreThreads) {
    this.#threads = threads
    if (threads.trouble !== undefined) this.trouble = threads.trouble
  }

  async insert(records: readonly AuditRecord[]): Promise<readonly InsertOutcome[]> {
    this.#refuseIfClosed()
    if (records.length === 0) return []
    const before = this.#posting
    let posted = () => {}
    this.#posting = new Promise((resolve) => {
      posted = resolve
    })
    await before
    try {
      return await this.#post(records, posted)
    } finally {
      posted()
    }
  }

  /** One part in each turn of Node-RED's thread, however many insert at the same time. */
  async #post(records: readonly AuditRecord[], posted: () => void): Promise<readonly InsertOutcome[]> {
    const { writer } = this.#threads
    const batch = this.#batch++
    const parts = partsOf(records)
    for (const part of parts.slice(0, -1)) {
      // Where the thread has ended, the last part says so.
      writer.ask('gather', batch, wireOf(part)).catch(() => {})
      await new Promise((resolve) => setImmediate(resolve))
    }
    const outcomes = writer.ask('insert', batch, wireOf(parts.at(-1) ?? []))
    setImmediate(posted)
    return outcomes
  }

  async awaiting(after: number, limit: number): Promise<readonly StoredEvent[]> {
    this.#refuseIfClosed()
    return this.#threads.quick.ask('awaiting', after, limit)
  }

  async fillIn(fillings: readonly Filling[]): Promise<void> {
    this.#refuseIfClosed()
    if (fillings.length === 0) return
    const rows = fillings.map(({ event: { sequence: seq, cloud }, added, attributes, tenants }) => {
      return { seq, cloud, added, attributes, tenants }
    })
    await this.#threads.writer.ask('fillIn', rows)
  }

  async list(request: ListRequest): Promise<Page> {
    const answer = await this.#quickly((thread, ms) => thread.ask('list', request, ms))
    const events: StoredEvent[] = [...answer.events]
    for (let begin = 0; begin < answer.rest.length; begin += PART) {
      events.push(...(await this.#threads.quick.ask('events', answer.rest.slice(begin, begin + PART))))
    }
    const total = request.total
      ? (answer.total ?? (await this.#widely((thread, ms) => thread.ask('count', request.filter, ms))))
      : undefined
    return {
      events,
      ...(total === undefined ? {} : { total }),
      ...(answer.cursor === undefined ? {} : { cursor: answer.cursor }),
    }
  }

  async count(filter: AuditFilter): Promise<number> {
    return this.#quickly((thread, ms) => thread.ask('count', filter, ms))
  }

  async get(scope: Scope, id: string): Promise<StoredOperation | undefined> {
    return this.#quickly((thread, ms) => thread.ask('get', scope, id, ms))
  }

  async distinct(request: DistinctRequest): Promise<readonly DistinctValue[]> {
    return this.#quickly((thread, ms) => thread.ask('distinct', request, ms))
  }

  async histogram(request: HistogramRequest): Promise<readonly Bucket[]> {
    return this.#quickly((thread, ms) => thread.ask('histogram', request, ms))
  }

  async *export({ filter, order, signal }: ExportRequest): AsyncIterable<readonly StoredEvent[]> {
    let place: ExportPlace | undefined
    do {
      if (signal?.aborted) return
      const from = place
      const portion = await this.#widely((thread, ms) => thread.ask('export', { filter, order }, from, ms))
      if (signal?.aborted) return
      if (portion.events.length > 0) yield portion.events
      place = portion.place
    } while (place !== undefined)
  }

  async deleteBefore(
    time: number,
    what: { readonly tenant: Tenant } | { readonly exceptTenants: readonly Tenant[] },
  ): Promise<number> {
    return this.#retire((place) => {
      const after = place === undefined ? {} : { after: place }
      return 'tenant' in what
        ? { by: 'tenant', tenant: what.tenant, before: time, ...after }
        : { by: 'others', exceptTenants: what.exceptTenants, before: time, ...after }
    })
  }

  async deleteDownTo(bytes: number): Promise<number> {
    return this.#retire(() => ({ by: 'size', bytes }))
  }

  async verify(known: readonly Checkpoint[], options: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    return verifyIn(this.#wideThread(), known, options.signal)
  }

  async size(): Promise<StoreSize> {
    this.#refuseIfClosed()
    return this.#threads.quick.ask('size')
  }

  async settings(): Promise<readonly { readonly tenant: Tenant; readonly settings: TenantSettings }[]> {
    this.#refuseIfClosed()
    return this.#threads.quick.ask('settings')
  }

  async setSettings(tenant: Tenant, settings: TenantSettings): Promise<void> {
    this.#refuseIfClosed()
    await this.#threads.writer.ask('setSettings', tenant, settings)
  }

  async configuration(): Promise<Configuration | undefined> {
    this.#refuseIfClosed()
    return this.#threads.quick.ask('configuration')
  }

  async setConfiguration(configuration: Configuration): Promise<void> {
    this.#refuseIfClosed()
    await this.#threads.writer.ask('setConfiguration', configuration)
  }

  async checkpoint(): Promise<Checkpoint> {
    this.#refuseIfClosed()
    return this.#threads.writer.ask('checkpoint')
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { writer, quick } = this.#threads
    await this.#posting
    // The last to let go of the file takes its log into it, and that must be the one that may write.
    await Promise.all([quick.close(), this.#wide?.close()])
    await writer.close()
  }

  /** In the thread for quick questions, and where that takes too long in the other. */
  async #quickly<R>(ask: (thread: Thread<ReaderCalls>, ms: number) => Promise<R>): Promise<R> {
    this.#refuseIfClosed()
    try {
      return await ask(this.#threads.quick, Math.min(QUICK_MS, this.#threads.slowestMs))
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'AUDIT_TOO_SLOW') throw error
      return ask(this.#wideThread(), this.#threads.slowestMs)
    }
  }

  async #widely<R>(ask: (thread: Thread<ReaderCalls>, ms: number) => Promise<R>): Promise<R> {
    return ask(this.#wideThread(), this.#threads.slowestMs)
  }

  /** A portion at a time, so that inserting has its turn in between. */
  async #retire(next: (place: RetirePlace | undefined) => Retire): Promise<number> {
    let removed = 0
    let place: RetirePlace | undefined
    do {
      this.#refuseIfClosed()
      const portion = await this.#threads.writer.ask('retire', next(place))
      removed += portion.removed
      place = portion.place
    } while (place !== undefined)
    return removed
  }

  #wideThread(): Thread<ReaderCalls> {
    this.#refuseIfClosed()
    this.#wide ??= this.#threads.another()
    return this.#wide
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closed()
  }
}

/** A step at a time, so that the thread has time for other questions in between. */
async function verifyIn(
  thread: Thread<ReaderCalls>,
  known: readonly Checkpoint[],
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  signal?.throwIfAborted()
  const verification = await thread.ask('verify', known)
  for (;;) {
    const report = await thread.ask('verifyMore', verification)
    if (report !== undefined) return report
    if (signal?.aborted) {
      await thread.ask('verifyNoMore', verification)
      signal.throwIfAborted()
    }
  }
}

function partsOf(records: readonly AuditRecord[]): AuditRecord[][] {
  const parts: AuditRecord[][] = []
  let part: AuditRecord[] = []
  let characters = 0
  for (const record of records) {
    if (part.length >= PART || (part.length > 0 && characters + record.body.length > LARGEST_PART)) {
      parts.push(part)
      part = []
      characters = 0
    }
    part.push(record)
    characters += record.body.length
  }
  return [...parts, part]
}
