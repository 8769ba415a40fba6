import { ClusterError, illegal, type Members, only, single } from './failure'
import type { IndexSet } from './indices'
import { checkId } from './search'

/** What goes wrong with one item; undefined: nothing. */
export type ItemFault = (item: {
  readonly action: string
  readonly index: string
  readonly id: string
  /** Of this bulk, from 0. */
  readonly number: number
}) => { readonly status: number; readonly type: string; readonly reason: string } | undefined

export function bulk(indices: IndexSet, text: string, itemFault: ItemFault): Members {
  if (!text.endsWith('\n')) throw illegal('The bulk request must be terminated by a newline [\\n]')
  const lines = text.split('\n')
  lines.pop()
  const items: Members[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const [action, target] = single(JSON.parse(lines[at] ?? ''), 'bulk')
    const { _index, _id } = only(target, action, ['_index', '_id', 'retry_on_conflict'])
    const [index, id] = [String(_index), String(_id)]
    let document: unknown
    if (action !== 'delete') {
      at += 1
      document = JSON.parse(lines[at] ?? '')
    }
    const fault = itemFault({ action, index, id, number: items.length })
    items.push({
      [action]: {
        _index: index,
        _id: id,
        ...(fault === undefined ? result(() => change(indices, action, index, id, document)) : refused(fault)),
      },
    })
  }
  return { took: 1, errors: items.some((item) => 'error' in Object(Object.values(item)[0])), items }
}

function change(indices: IndexSet, action: string, name: string, id: string, document: unknown): number {
  checkId(id)
  if (action === 'create') {
    const index = indices.forWriting(name)
    if (index.get(id) !== undefined) {
      throw new ClusterError(
        409,
        'version_conflict_engine_exception',
        `[${id}]: version conflict, document already exists`,
      )
    }
    index.put(id, Object(document) as Members)
    return 201
  }
  if (action === 'delete') {
    if (indices.exactly(name)?.delete(id) !== true) return 404
    return 200
  }
  if (action !== 'update') throw illegal(`Malformed action, found [${action}]`)
  const index = indices.exactly(name)
  const there = index?.get(id)
  if (index === undefined || there === undefined) {
    throw new ClusterError(404, 'document_missing_exception', `[${id}]: document missing`)
  }
  const { doc } = only(document, 'update', ['doc'])
  index.put(id, merged(there.source, Object(doc) as Members))
  return 200
}

/** Objects are merged member by member, whatever else is there is replaced. */
function merged(source: Members, changes: Members): Members {
  const result: Record<string, unknown> = { ...source }
  for (const [name, value] of Object.entries(changes)) {
    const before = source[name]
    result[name] = isObject(before) && isObject(value) ? merged(before, value) : value
  }
  return result
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function result(task: () => number): Members {
  try {
    return { status: task() }
  } catch (error) {
    if (error instanceof ClusterError) return refused({ status: error.status, ...error.told })
    throw error
  }
}

function refused({ status, type, reason }: { status: number; type: string; reason: string }): Members {
  return { status, error: { type, reason } }
}
