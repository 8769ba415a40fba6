import { type BrokenLink, capital, judgeBrokenLink, named, type Previous, same } from './broken-link'
import type { Findings } from './findings'
import { emptyChain, leafOf, linkOf, noteLeafOf } from './hash'
import type { ChainRow, Checkpoint, EventRow, Finding, NoteRow, UnreadableRows, WriterReport } from './model'
import { judgeNote } from './notes'
import { RemovedContents } from './removed-contents'
import type { Verifier } from './signing'

/** How far a row may have been moved for that to be recognised. */
const FARTHEST_MOVE = 64
/** For how many rows that is tried: it is for people, and costs a hash for each place. */
const MOST_TRIED = 20
const NOTHING = new Uint8Array(0)

type WholeRow = EventRow | NoteRow

/** Goes along the chain of one writer, row by row in order of position, and notes what is not as it was. */
export class WriterWalk {
  readonly writer: string
  events = 0
  retired = 0
  /** It was held to something that whoever wrote to the store could not also have rewritten. */
  held = false
  signed = false
  unsignedRetention = 0
  readonly #findings: Findings
  readonly #anchors: ReadonlyMap<number, readonly Checkpoint[]>
  readonly #verifiers: readonly Verifier[]
  readonly #contents = new RemovedContents()
  #previous: Previous
  #break: BrokenLink | undefined
  /** Rows were numbered anew by so much. */
  #shift = 0
  #tries = 0
  #moved:
    | { readonly shift: number; readonly position: number; readonly what: string; readonly id: string | undefined }
    | undefined
  /** The link of the row before is that of another place. */
  #unlinked = false
  #anchored = 0
  #contradicted = false
  #proof: Pick<WriterReport, 'provenTo' | 'provenAt' | 'provenBy'> = {}

  constructor(
    writer: string,
    anchors: ReadonlyMap<number, readonly Checkpoint[]> | undefined,
    verifiers: readonly Verifier[],
    findings: Findings,
  ) {
    this.writer = writer
    this.#anchors = anchors ?? new Map()
    this.#verifiers = verifiers
    this.#findings = findings
    this.#previous = { position: 0, link: emptyChain(writer).link, id: undefined }
    this.#compareAnchors(0, this.#previous.link)
  }

  take(row: ChainRow): void {
    if (row.kind === 'unreadable') {
      this.#unreadable(row)
      return
    }
    const { position } = row
    const id = row.kind === 'event' ? (row.record?.id ?? row.id) : undefined
    if (position <= this.#previous.position) {
      this.#found(
        'inserted',
        position,
        `There is more than one row at position ${position}, or they are out of order.`,
        { id },
      )
      return
    }
    const gap = position > this.#previous.position + 1
    if (gap) this.#removed(this.#previous.position + 1, position - 1)
    const { leaf, whole, moved } = this.#content(row, id)
    const unlinked = gap || moved || this.#unlinked
    if (gap) this.#resolve(undefined)
    this.#linked(row, id, leaf, whole, unlinked)
    if (row.kind === 'note') this.#note(row.text, position, whole, unlinked)
    if (!moved) this.#compareAnchors(position + this.#shift, row.link)
    this.#unlinked = moved
    this.#previous = { position, link: row.link, id }
  }

  #unreadable({ position, to, reason }: UnreadableRows): void {
    this.#resolve(undefined)
    if (position > this.#previous.position + 1) this.#removed(this.#previous.position + 1, position - 1)
    const many = to > position
    const words = `${many ? 'These rows' : 'What is here'} cannot be read, the store is damaged: ${reason}.`
    this.#found('changed', position, words, { to })
    this.#previous = { position: to, link: this.#previous.link, id: undefined }
    this.#unlinked = true
  }

  /** To be called once, after the last row. */
  end(): WriterReport {
    this.#resolve(undefined)
    if (this.#moved !== undefined) this.#settleMove(0, NOTHING, () => emptyChain('').link)
    const last = this.#previous.position + this.#shift
    this.#cutOff(last)
    this.retired = this.#contents.settle((...found) => this.#found(...found))
    const link = Buffer.from(this.#previous.link).toString('hex')
    return { writer: this.writer, position: this.#previous.position, link, ...this.#proof }
  }

  /** Whether the content is that of its leaf; answers the leaf to go on with. */
  #content(row: WholeRow, id: string | undefined): { leaf: Uint8Array; whole: boolean; moved: boolean } {
    const { position } = row
    if (row.kind === 'event' && row.record === undefined) {
      this.#contents.missing(position + this.#shift)
      return { leaf: row.leaf, whole: true, moved: false }
    }
    const leafAt = (place: number) => hashOf(row, this.writer, place)
    if (row.kind === 'event') this.events++
    const at = this.#settleMove(position, row.leaf, leafAt)
    const computed = leafAt(at)
    if (row.kind === 'event' && row.contradiction !== undefined) {
      const words = `The columns by which ${named(id)} is found contradict its content: ${row.contradiction}.`
      this.#found('changed', position, words, { id })
    }
    if (same(computed, row.leaf)) return { leaf: row.leaf, whole: true, moved: false }
    if (same(linkOf(this.#previous.link, computed), row.link)) {
      const words = `The stored hash of ${what(row, id)} was changed; its content is as it was.`
      this.#found('changed', position, words, { id })
      return { leaf: computed, whole: true, moved: false }
    }
    const shift = this.#movedBy(position, row.leaf, leafAt)
    if (shift !== undefined) {
      this.#moved = { shift, position, what: what(row, id), id }
      return { leaf: row.leaf, whole: true, moved: true }
    }
    const kind = row.kind === 'note' && row.text.startsWith('openstack-audit-retention') ? 'retention' : 'changed'
    this.#found(kind, position, `The content of ${what(row, id)} is not what was written.`, { id })
    return { leaf: row.leaf, whole: false, moved: false }
  }

  /** A row was at the place of another; the next one tells whether all that follows was numbered anew. Answers its own place. */
  #settleMove(position: number, leaf: Uint8Array, leafAt: (place: number) => Uint8Array): number {
    const moved = this.#moved
    if (moved === undefined) return position + this.#shift
    this.#moved = undefined
    const by = moved.shift - this.#shift
    const { position: from, id } = moved
    if (!same(leafAt(position + moved.shift), leaf)) {
      this.#found('changed', from, `${capital(moved.what)} was moved here from position ${from + moved.shift}.`, { id })
      return position + this.#shift
    }
    this.#shift = moved.shift
    const words = `${rows(by)} before ${moved.what}, and what follows was numbered anew.`
    if (by > 0) this.#found('removed', from, words)
    else this.#found('inserted', from + by, words, { to: from - 1 })
    return position + this.#shift
  }

  #movedBy(position: number, leaf: Uint8Array, leafAt: (place: number) => Uint8Array): number | undefined {
    if (this.#tries++ >= MOST_TRIED) return undefined
    for (let by = 1; by <= FARTHEST_MOVE; by++) {
      if (same(leafAt(position + this.#shift + by), leaf)) return this.#shift + by
      const earlier = position + this.#shift - by
      if (earlier > 0 && same(leafAt(earlier), leaf)) return this.#shift - by
    }
    return undefined
  }

  #linked(row: WholeRow, id: string | undefined, leaf: Uint8Array, whole: boolean, unknown: boolean): void {
    if (this.#resolve({ leaf, link: row.link }) || unknown) return
    const computed = linkOf(this.#previous.link, leaf)
    if (same(computed, row.link)) return
    this.#break = {
      position: row.position,
      id,
      before: this.#previous,
      computed,
      stored: row.link,
      explained: !whole,
    }
  }

  /** Says what the row before was about, now that its successor is known. Answers whether the successor fits it. */
  #resolve(next: { readonly leaf: Uint8Array; readonly link: Uint8Array } | undefined): boolean {
    const broken = this.#break
    if (broken === undefined) return false
    this.#break = undefined
    const { goesOn, finding } = judgeBrokenLink(broken, next, broken.before.position === this.#anchored)
    if (finding !== undefined) this.#found(finding.kind, finding.position, finding.text, finding)
    return goesOn
  }

  #removed(first: number, last: number): void {
    const words = first === last ? 'The row at this position is gone.' : `${last - first + 1} rows are gone.`
    this.#found('removed', first, words, { to: last })
  }

  #note(text: string, position: number, whole: boolean, gap: boolean): void {
    const judged = judgeNote(text, this.#verifiers, this.signed)
    if (judged.problem !== undefined) this.#found(judged.problem.kind, position, judged.problem.text)
    if (!whole) return
    const at = position + this.#shift
    if (judged.position !== undefined && judged.position !== at - 1) {
      this.#found('changed', position, `The record at this position was made for position ${judged.position + 1}.`)
      return
    }
    if (judged.proven) {
      this.signed = true
      this.held = true
    }
    if (!gap && judged.link !== undefined) {
      this.#compare(at - 1, judged.link, this.#previous.link, judged.proven ? 'signature' : undefined, judged.time)
    }
    if (judged.retention !== undefined && judged.problem === undefined) {
      if (!judged.proven && this.#verifiers.length > 0) this.unsignedRetention++
      this.#contents.recorded(at, judged.retention)
    }
  }

  #compareAnchors(position: number, link: Uint8Array): void {
    for (const { link: said, time } of this.#anchors.get(position) ?? []) {
      this.held = true
      // With keys only signed ones are among them.
      this.signed ||= this.#verifiers.length > 0
      this.#compare(position, said, link, 'outside', time)
    }
  }

  #compare(
    position: number,
    said: string,
    stored: Uint8Array,
    by: 'outside' | 'signature' | undefined,
    time: string | undefined,
  ): void {
    if (this.#contradicted) return
    if (said === Buffer.from(stored).toString('hex')) {
      if (by === undefined) return
      this.#anchored = position
      const clean = this.#break === undefined && !this.#findings.hasBefore(this.writer, position)
      if (clean && position > 0 && time !== undefined) {
        this.#proof = { provenTo: position, provenAt: time, provenBy: by }
      }
      return
    }
    // What was found at this very row says more than that it does not fit.
    if (this.#break !== undefined) return
    // What proves nothing must not keep from being told what something does.
    if (by !== undefined) this.#contradicted = true
    const from = Math.min(this.#anchored + 1, position)
    const where = from === position ? `row ${position}` : `one of the rows ${from} to ${position}`
    const words =
      `The chain up to position ${position} is not what the checkpoint of ${time} says: ${where} is the first that was ` +
      'changed, removed or inserted, and what follows was hashed anew.'
    this.#found('changed', from, words, { to: position })
  }

  #cutOff(last: number): void {
    const farthest = Math.max(0, ...this.#anchors.keys())
    const checkpoint = this.#anchors.get(farthest)?.[0]
    if (farthest <= last || checkpoint === undefined) return
    this.held = true
    const { position, time } = checkpoint
    const words = `The chain ends at position ${last}, but the checkpoint of ${time} says that it went to ${position}: the end was cut off.`
    this.#found('cut-off', last + 1, words, { to: position })
  }

  #found(
    kind: Finding['kind'],
    position: number,
    text: string,
    more: { id?: string | undefined; to?: number } = {},
  ): void {
    const { id, to } = more
    this.#findings.add({
      kind,
      writer: this.writer,
      position,
      ...(to === undefined || to === position ? {} : { to }),
      ...(id === undefined ? {} : { id }),
      text,
    })
  }
}

function hashOf(row: WholeRow, writer: string, position: number): Uint8Array {
  if (row.kind === 'note') return noteLeafOf(writer, position, row.text)
  return row.record === undefined ? row.leaf : leafOf(writer, position, row.record)
}

function what(row: WholeRow, id: string | undefined): string {
  return row.kind === 'note' ? "a record of the chain's own" : named(id)
}

/** `by` rows too few or, below zero, too many. */
function rows(by: number): string {
  const many = Math.abs(by)
  return `${many === 1 ? 'A row was' : `${many} rows were`} ${by > 0 ? 'removed' : 'inserted'}`
}
