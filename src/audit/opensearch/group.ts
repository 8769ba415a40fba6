import type { AuditRecord } from '../model'
import type { InsertOutcome } from '../store'
import type { Connection } from './connection'
import { tenantsOf } from './documents'
import { members } from './failure'
import { documentId, type IndexNames, monthOf, otherPhase } from './names'
import type { Searcher } from './search'

/** What is there of a key. */
export interface There {
  readonly index: string
  readonly id: string
  readonly content: string
  readonly sequence: number
  readonly writer: string
  readonly tenants: readonly string[]
  readonly superseded: boolean
}

const SOURCE = ['content', 'sequence', 'writer', 'tenants', 'superseded']
/** Both phases of an operation are seconds apart, but perhaps in two months. */
const NEAR = 3_600_000_000
const AT_ONCE = 2_000

/** Documents of keys, as far as they can be searched yet, in whichever month. */
export async function searchKeys(searcher: Searcher, ids: readonly string[]): Promise<Map<string, There>> {
  const there = new Map<string, There>()
  for (let begin = 0; begin < ids.length; begin += AT_ONCE) {
    const values = ids.slice(begin, begin + AT_ONCE)
    const { hits } = await searcher.search({ query: { ids: { values } }, size: values.length * 2, _source: SOURCE })
    for (const { id, index, source } of hits) there.set(id, thereOf(index, id, source))
  }
  return there
}

/** Documents of keys as they are at this moment, in the indices where they must be. */
export async function getKeys(
  connection: Connection,
  wanted: readonly { readonly index: string; readonly id: string }[],
  options: { readonly patienceMs: number },
): Promise<Map<string, There>> {
  const there = new Map<string, There>()
  for (let begin = 0; begin < wanted.length; begin += AT_ONCE) {
    const docs = wanted
      .slice(begin, begin + AT_ONCE)
      .map(({ index, id }) => ({ _index: index, _id: id, _source: SOURCE }))
    const { body } = await connection.ask({
      method: 'POST',
      path: '/_mget',
      json: { docs },
      timeoutMs: 60_000,
      ...options,
    })
    const answers = members(body)['docs']
    for (const answer of Array.isArray(answers) ? answers : []) {
      const { _index, _id, _source, found } = members(answer)
      if (found === true) there.set(String(_id), thereOf(String(_index), String(_id), _source))
    }
  }
  return there
}

/** Where the other phase of a record is, if it is there. */
export function placesOfOtherPhase(
  record: Pick<AuditRecord, 'cloud' | 'id' | 'phase' | 'time'>,
  names: IndexNames,
): { index: string; id: string }[] {
  const id = documentId({ ...record, phase: otherPhase(record.phase) })
  const months = new Set([record.time, record.time - NEAR, record.time + NEAR].map(monthOf))
  return [...months].map((month) => ({ index: `${names.prefix}-${month}`, id }))
}

function thereOf(index: string, id: string, source: unknown): There {
  const { content, sequence, writer, tenants, superseded } = members(source)
  return {
    index,
    id,
    content: String(content),
    sequence: Number(sequence),
    writer: String(writer),
    tenants: tenantsOf(tenants),
    superseded: superseded !== undefined,
  }
}

/** The outcome for a record of whose key there is something. */
export function outcomeFor(record: AuditRecord, content: string): InsertOutcome {
  return record.contentHash === content ? 'repeated' : 'conflict'
}

/** The contents of keys that were written last: they may not be found by a search yet. */
export class RecentContents {
  readonly #contents = new Map<string, string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(id: string): string | undefined {
    return this.#contents.get(id)
  }

  set(id: string, content: string): void {
    this.#contents.delete(id)
    this.#contents.set(id, content)
    if (this.#contents.size <= this.#most) return
    for (const oldest of this.#contents.keys()) {
      this.#contents.delete(oldest)
      break
    }
  }

  delete(id: string): void {
    this.#contents.delete(id)
  }
}
