import { OperatorError } from '../../errors/operator-error'
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
import type { BulkOptions } from './bulk'
import type { ChainDocument, ChainLog } from './chain-log'
import type { ChainWriter } from './chain-writer'
import type { Connection } from './connection'
import type { Control } from './control'
import { exportEvents } from './exporting'
import { filterDsl } from './filter-query'
import { findOperation } from './find'
import { Freshness } from './freshness'
import type { Merged } from './hermes/merged'
import type { Indices } from './indices'
import { Intake } from './intake'
import { awaitingEvents, fillIn } from './late-names'
import { countEvents, listEvents } from './list'
import type { IndexNames } from './names'
import type { OpenSearchOptions } from './options'
import { Removing } from './removing'
import type { Searcher } from './search'
import { bytesOf, merge, sizeOf } from './size'
import { distinctValues, histogram } from './summaries'
import { Turns } from './turns'
import { verifyIndices } from './verifying'

export interface StoreParts {
  readonly options: OpenSearchOptions &
    Required<Pick<OpenSearchOptions, 'patienceMs' | 'limitMs' | 'deepest' | 'window' | 'clock'>>
  readonly connection: Connection
  readonly names: IndexNames
  readonly indices: Indices
  readonly control: Control
  readonly log: ChainLog
  readonly chain: ChainWriter
  readonly searcher: Searcher
  readonly bulk: BulkOptions
  /** Own indices and those of Hermes, where there are any. */
  readonly merged: Merged | undefined
}

/** A batch of another process that is younger than this may still be on its way. */
const UNDER_WAY_MS = 120_000
const MOST_ROUNDS = 20
const CLOSE_WITHIN_MS = 5_000

export class OpenSearchStore implements AuditStore {
  readonly #parts: StoreParts
  readonly #turns = new Turns()
  readonly #fresh: Freshness
  readonly #intake: Intake
  readonly #removing: Removing
  #closing: Promise<void> | undefined

  constructor(parts: StoreParts) {
    this.#parts = parts
    const { connection, names, searcher, chain: writer, bulk, options } = parts
    const turns = this.#turns
    this.#fresh = new Freshness(connection, names, options.patienceMs)
    const onWritten = () => this.#fresh.written()
    this.#intake = new Intake({ ...parts, writer, turns, onWritten })
    const onRemoved = (ids: readonly string[]) => {
      for (const id of ids) this.#intake.forget(id)
      onWritten()
    }
    this.#removing = new Removing({ connection, searcher, writer, turns, bulk, onRemoved })
  }

  /** Tells in the chain which events of the last batch were never written: the process died, and nobody was told they were kept. */
  async recover(last: ChainDocument | undefined): Promise<void> {
    const { chain, searcher, options } = this.#parts
    await this.#fresh.refresh()
    if (last?.kind === 'batch') {
      const missing = await this.#missingOf(last, searcher)
      if (missing.length > 0) {
        const why = { reason: 'unwritten', policy: 'interrupted while storing', before: options.clock.now() } as const
        await chain.retire(missing, why)
      }
    }
    // So that the store alone shows that this chain is a signed one.
    if (options.signer !== undefined) await chain.checkpoint()
  }

  insert(records: readonly AuditRecord[]): Promise<readonly InsertOutcome[]> {
    return this.#open(() => this.#intake.insert(records))
  }

  awaiting(after: number, limit: number): Promise<readonly StoredEvent[]> {
    const { writer } = this.#parts.chain.head
    return this.#ask((searcher) => awaitingEvents(searcher, writer, after, limit))
  }

  fillIn(fillings: readonly Filling[]): Promise<void> {
    return this.#open(async () => {
      if (fillings.length === 0) return
      const { fullText = true } = this.#parts.options
      await this.#turns.take(() => fillIn(fillings, { ...this.#parts, fullText }))
      this.#fresh.written()
    })
  }

  list(request: ListRequest): Promise<Page> {
    return this.#ask(
      (searcher) => this.#parts.merged?.list(request) ?? listEvents(searcher, request, this.#parts.options),
    )
  }

  count(filter: AuditFilter): Promise<number> {
    return this.#ask((searcher) => this.#parts.merged?.count(filter) ?? countEvents(searcher, filterDsl(filter)))
  }

  distinct(request: DistinctRequest): Promise<readonly DistinctValue[]> {
    return this.#ask((searcher) => this.#parts.merged?.distinct(request) ?? distinctValues(searcher, request))
  }

  histogram(request: HistogramRequest): Promise<readonly Bucket[]> {
    return this.#ask((searcher) => this.#parts.merged?.histogram(request) ?? histogram(searcher, request))
  }

  get(scope: Scope, id: string): Promise<StoredOperation | undefined> {
    return this.#ask((searcher) => this.#parts.merged?.find(scope, id) ?? findOperation(searcher, scope, id))
  }

  async *export(request: ExportRequest): AsyncGenerator<readonly StoredEvent[]> {
    await this.#ask(() => Promise.resolve())
    yield* this.#parts.merged?.export(request) ?? exportEvents(this.#parts.searcher, request)
  }

  deleteBefore(
    time: number,
    what: { readonly tenant: Tenant } | { readonly exceptTenants: readonly Tenant[] },
  ): Promise<number> {
    return this.#ask(async () => {
      const horizons = await this.#parts.control.letGo(time, what)
      return this.#removing.before(time, what, horizons)
    })
  }

  deleteDownTo(bytes: number): Promise<number> {
    return this.#ask(async (searcher) => {
      const { connection, names, chain, options } = this.#parts
      let removed = 0
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        await this.#fresh.ensure()
        const size = await bytesOf(connection, names, options.patienceMs)
        if (size.events + size.others <= bytes) break
        if (size.others >= bytes) throw tooSmall(bytes, size.others)
        const events = await countEvents(searcher, { term: { writer: { value: chain.head.writer } } })
        if (events === 0) break
        removed += await this.#removing.oldest(Math.ceil(events * (1.01 - (bytes - size.others) / size.events)))
        // What lives takes another size when it is merged.
        await merge(connection, names, options.patienceMs)
      }
      return removed
    })
  }

  settings(): Promise<readonly { readonly tenant: Tenant; readonly settings: TenantSettings }[]> {
    return this.#open(() => this.#parts.control.settings())
  }

  setSettings(tenant: Tenant, settings: TenantSettings): Promise<void> {
    return this.#open(() => this.#parts.control.setSettings(tenant, settings))
  }

  configuration(): Promise<Configuration | undefined> {
    const { control, chain } = this.#parts
    return this.#open(() => control.configuration(chain.head.writer))
  }

  setConfiguration(configuration: Configuration): Promise<void> {
    const { control, chain } = this.#parts
    return this.#open(() => control.setConfiguration(chain.head.writer, configuration))
  }

  checkpoint(): Promise<Checkpoint> {
    return this.#open(() => this.#turns.take(() => this.#parts.chain.checkpoint()))
  }

  verify(known: readonly Checkpoint[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    const { log, options } = this.#parts
    return this.#ask(async (searcher) => {
      const verifiers = [...(options.signer === undefined ? [] : [options.signer]), ...(options.verifiers ?? [])]
      const settle = (batch: ChainDocument) => this.#settle(batch)
      return verifyIndices({ log, searcher, settle }, { known, verifiers, signal })
    })
  }

  size(): Promise<StoreSize> {
    const { connection, names, options } = this.#parts
    return this.#ask((searcher) => sizeOf(connection, names, searcher, options.patienceMs))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** What is under way may become durable; a cluster that does not take it is not waited for longer than Node-RED waits for us. */
  async #close(): Promise<void> {
    const { connection, options } = this.#parts
    const giveUp = setTimeout(() => connection.end(), options.closeWithinMs ?? CLOSE_WITHIN_MS)
    await this.#turns.idle()
    clearTimeout(giveUp)
    await options.http.close()
  }

  async #open<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new OperatorError('AUDIT_STORE_CLOSED', 'The audit store is closed.')
    return task()
  }

  /** A question sees whatever this process has stored before it. */
  #ask<T>(task: (searcher: Searcher) => Promise<T>): Promise<T> {
    return this.#open(async () => {
      await this.#fresh.ensure()
      return task(this.#parts.searcher)
    })
  }

  async #missingOf(batch: ChainDocument, searcher: Searcher): Promise<number[]> {
    const filter = [
      { term: { writer: { value: batch.writer } } },
      { range: { position: { gte: batch.from, lte: batch.to } } },
    ]
    const there = new Set<number>(await this.#parts.log.keptAsText(batch))
    const sort = [{ position: { order: 'asc' } }]
    for await (const hits of searcher.walk({ query: { bool: { filter } }, sort, size: 1_000, _source: false })) {
      for (const { sort } of hits) there.add(Number(sort[0]))
    }
    const missing: number[] = []
    for (let position = batch.from; position <= batch.to; position += 1) {
      if (!there.has(position)) missing.push(position)
    }
    return missing
  }

  async #settle(batch: ChainDocument): Promise<void> {
    const { options, chain } = this.#parts
    const age = options.clock.now() - Date.parse(batch.time)
    if (age > UNDER_WAY_MS) return
    if (batch.writer === chain.head.writer) await this.#turns.idle()
    else await options.clock.sleep(2_000)
    await this.#fresh.refresh()
  }
}

function tooSmall(bytes: number, others: number): OperatorError {
  return new OperatorError(
    'AUDIT_STORE_REFUSED',
    `The trail cannot be made as small as ${bytes} bytes: the chain of hashes, which is kept, takes ${others}.`,
    { remedy: 'Allow it more space.' },
  )
}
