import { checkpointOf, checkpointText, isSignedBy, parseCheckpoint } from '../chain/checkpoint'
import { afterEvent, afterNote } from '../chain/hash'
import type { ChainHead, Checkpoint } from '../chain/model'
import { type PositionRange, rangesOf } from '../chain/ranges'
import { type RetentionRecord, retentionNote } from '../chain/retention-record'
import type { Signer } from '../chain/signing'
import type { AuditRecord } from '../model'
import { type BulkAction, type BulkOptions, bulk } from './bulk'
import type { ChainDocument, ChainLog } from './chain-log'
import type { Connection } from './connection'
import { MOST_WRITERS } from './control'
import { eventDocument, type Place, type Superseding } from './documents'
import { type ErrorCause, members } from './failure'
import { documentId, type IndexNames } from './names'

/** A record with its place, on its way. */
export interface Placed {
  readonly record: AuditRecord
  readonly index: string
  readonly id: string
  readonly place: Place
}

/** What became of placed records. */
export interface Written {
  readonly placed: readonly Placed[]
  /** There already, by another writer; with its content. */
  readonly elsewhere: ReadonlyMap<Placed, string>
}

export interface ChainWriterOptions {
  readonly connection: Connection
  readonly names: IndexNames
  readonly log: ChainLog
  readonly session: string
  readonly writerNumber: number
  readonly fullText: boolean
  readonly signer: Signer | undefined
  readonly now: () => number
  readonly bulk: BulkOptions
  readonly onRejected: (id: string, reason: string) => void
}

const NOTHING: Written = { placed: [], elsewhere: new Map() }

interface Unfinished {
  readonly placed: readonly Placed[]
  readonly superseded: ReadonlyMap<Placed, Superseding>
  readonly document: ChainDocument
  readonly head: ChainHead
  chained: boolean
}

/**
 * Writes one writer's chain and its events. Not for two at a time: whoever calls takes turns.
 * A batch that could not be finished is finished before anything else is written, so that the chain has no holes but those it
 * tells of.
 */
export class ChainWriter {
  readonly #options: ChainWriterOptions
  #head: ChainHead
  #unfinished: Unfinished | undefined
  /** A note of which it is not known whether it arrived. */
  #undecided: { readonly document: ChainDocument; readonly head: ChainHead } | undefined

  #endsInCheckpoint: boolean

  /** @param last text of the last row, where it is a note */
  constructor(options: ChainWriterOptions, head: ChainHead, last: string | undefined) {
    this.#options = options
    this.#head = head
    const checkpoint = parseCheckpoint(last ?? '')
    const { signer } = options
    this.#endsInCheckpoint = checkpoint !== undefined && signer !== undefined && isSignedBy(checkpoint, signer)
  }

  get head(): ChainHead {
    return this.#head
  }

  /** Places for records at the end of the chain. To be asked for when nothing is unfinished. */
  place(records: readonly { readonly record: AuditRecord; readonly index: string; readonly id: string }[]): Placed[] {
    const { writer } = this.#head
    let head = this.#head
    return records.map((one) => {
      const next = afterEvent(head, one.record)
      head = next
      const place = {
        writer,
        position: next.position,
        sequence: next.position * MOST_WRITERS + this.#options.writerNumber,
        leaf: hex(next.leaf),
        link: hex(next.link),
      }
      return { ...one, place }
    })
  }

  /** Resolves when all are on disk, or there already. `superseded`: the final phases of pending ones. */
  async write(placed: readonly Placed[], superseded: ReadonlyMap<Placed, Superseding>): Promise<Written> {
    const [first, last] = [placed[0], placed.at(-1)]
    if (first === undefined || last === undefined) return NOTHING
    const document: ChainDocument = {
      kind: 'batch',
      writer: first.place.writer,
      from: first.place.position,
      to: last.place.position,
      session: this.#options.session,
      time: new Date(this.#options.now()).toISOString(),
      ids: placed.map(({ id }) => id),
      leaves: base64(placed.map(({ place }) => place.leaf)),
      links: base64(placed.map(({ place }) => place.link)),
    }
    const head = { writer: document.writer, position: document.to, link: Buffer.from(last.place.link, 'hex') }
    this.#unfinished = { placed, superseded, document, head, chained: false }
    return this.finish()
  }

  /** Completes what was begun. */
  async finish(): Promise<Written> {
    await this.#decide()
    const unfinished = this.#unfinished
    if (unfinished === undefined) return NOTHING
    if (!unfinished.chained) {
      await this.#options.log.append(unfinished.document)
      unfinished.chained = true
      this.#head = unfinished.head
      this.#endsInCheckpoint = false
    }
    const elsewhere = await this.#events(unfinished)
    if (elsewhere.size > 0) {
      await this.retire(
        [...elsewhere.keys()].map(({ place }) => place.position),
        { reason: 'unwritten', policy: 'stored by another writer', before: this.#options.now() },
      )
    }
    this.#unfinished = undefined
    return { placed: unfinished.placed, elsewhere }
  }

  /** Appends the record that contents are not there any more, before they go. */
  async retire(
    positions: readonly number[],
    why: Pick<RetentionRecord, 'reason' | 'policy'> & { readonly before: number },
  ): Promise<void> {
    const ranges: PositionRange[] = rangesOf([...positions].sort((a, b) => a - b))
    const before = new Date(Math.min(Math.max(why.before, 0), 253_402_300_799_999)).toISOString()
    const now = new Date(this.#options.now())
    await this.#note(retentionNote(this.#head, { ...why, before, ranges }, now, this.#options.signer))
  }

  /**
   * The end of the chain as it is now. With a key it stands in the chain too, where something was written since the last one, so that
   * signatures cannot be taken out one by one.
   */
  async checkpoint(): Promise<Checkpoint> {
    const { signer, now } = this.#options
    await this.#decide()
    const checkpoint = checkpointOf(this.#head, new Date(now()), signer)
    if (signer !== undefined && !this.#endsInCheckpoint) {
      await this.#note(checkpointText(checkpoint))
      this.#endsInCheckpoint = true
    }
    return checkpoint
  }

  async #note(text: string): Promise<void> {
    await this.#decide()
    const next = afterNote(this.#head, text)
    const document: ChainDocument = {
      kind: 'note',
      writer: next.writer,
      from: next.position,
      to: next.position,
      session: this.#options.session,
      time: new Date(this.#options.now()).toISOString(),
      leaves: base64([hex(next.leaf)]),
      links: base64([hex(next.link)]),
      text,
    }
    this.#undecided = { document, head: { writer: next.writer, position: next.position, link: next.link } }
    await this.#decide()
  }

  /** The same document again, until it is known to be there: another one would not fit its place. */
  async #decide(): Promise<void> {
    const undecided = this.#undecided
    if (undecided === undefined) return
    await this.#options.log.append(undecided.document)
    this.#head = undecided.head
    this.#endsInCheckpoint = false
    this.#undecided = undefined
  }

  async #events({ placed, superseded }: Unfinished): Promise<Map<Placed, string>> {
    const { connection, fullText, log, onRejected } = this.#options
    const actions = placed.map(
      (one): BulkAction => ({
        action: 'create',
        index: one.index,
        id: one.id,
        document: eventDocument(one.record, one.place, fullText, superseded.get(one)),
      }),
    )
    const outcomes = await bulk(connection, actions, this.#options.bulk)
    const there: Placed[] = []
    for (const [at, one] of placed.entries()) {
      const outcome = outcomes[at]
      if (outcome?.kind === 'exists') there.push(one)
      if (outcome?.kind !== 'rejected') continue
      const reason = reasonOf(outcome.cause)
      await log.keepAsText(one.place.writer, one.place.position, actions[at]?.document ?? {}, reason)
      onRejected(one.record.id, reason)
    }
    return this.#others(there)
  }

  /** Of documents that are there already: those that are not ours from an earlier try, with their content. */
  async #others(there: readonly Placed[]): Promise<Map<Placed, string>> {
    const others = new Map<Placed, string>()
    if (there.length === 0) return others
    const docs = there.map(({ index, id }) => ({ _index: index, _id: id, _source: ['writer', 'position', 'content'] }))
    const { body } = await this.#options.connection.ask({
      method: 'POST',
      path: '/_mget',
      json: { docs },
      patienceMs: this.#options.bulk.patienceMs,
      timeoutMs: 60_000,
    })
    const answers: unknown = members(body)['docs']
    for (const [at, one] of there.entries()) {
      const answer: unknown = Array.isArray(answers) ? answers[at] : undefined
      const { writer, position, content } = members(members(answer)['_source'])
      if (writer === one.place.writer && position === one.place.position) continue
      others.set(one, String(content))
    }
    return others
  }
}

function reasonOf({ type, reason }: ErrorCause): string {
  return [type, reason]
    .filter((text) => text !== '')
    .join(': ')
    .slice(0, 500)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function base64(hashes: readonly string[]): string {
  return Buffer.from(hashes.join(''), 'hex').toString('base64')
}

/** The key under which a record is kept. */
export function keyed(record: AuditRecord, names: IndexNames): { record: AuditRecord; index: string; id: string } {
  return { record, index: names.eventsOf(record.time), id: documentId(record) }
}
