import type { OperatorError } from '../../errors/operator-error'
import { backoffMs, type Clock } from '../../http/retry'
import type { Connection } from './connection'
import { type ErrorCause, errorCause, failureOf, meaningOf, members } from './failure'

/** One line (or two) of a bulk. */
export interface BulkAction {
  readonly action: 'create' | 'update' | 'delete'
  readonly index: string
  readonly id: string
  /** Second line: the document, or for an update what changes of it. */
  readonly document?: object
}

export type BulkOutcome =
  | { readonly kind: 'done' }
  /** There is a document of that id already. */
  | { readonly kind: 'exists' }
  /** To be deleted or updated, and not there. */
  | { readonly kind: 'missing' }
  /** Never to be taken, whatever the patience. */
  | { readonly kind: 'rejected'; readonly cause: ErrorCause }

/** Bytes of one request; the cluster's own limit is 100 MB. */
const LARGEST_REQUEST = 8 * 1024 * 1024
const BACKOFF = { firstMs: 100, capMs: 5_000 }
const TIMEOUT_MS = 60_000

export interface BulkOptions {
  readonly clock: Clock
  readonly patienceMs: number
  /** Makes an index that an item says is not there. */
  readonly ensureIndex: (index: string) => Promise<void>
}

/**
 * Sends all, and sends again what a busy or unwell cluster did not take, item by item. Answers in order; rejects when patience is
 * at its end, and then some may have been done.
 */
export async function bulk(
  connection: Connection,
  actions: readonly BulkAction[],
  options: BulkOptions,
): Promise<readonly BulkOutcome[]> {
  const { clock } = options
  const until = clock.now() + options.patienceMs
  const outcomes = new Map<BulkAction, BulkOutcome>()
  let left = actions
  for (let failures = 1; left.length > 0; failures += 1) {
    let passing: Again | undefined
    for (const portion of portions(left)) {
      for (const [action, judged] of await send(connection, portion, options)) {
        if (judged.kind === 'again') passing = judged
        else outcomes.set(action, judged)
      }
    }
    left = actions.filter((action) => !outcomes.has(action))
    if (passing === undefined) break
    if (passing.noIndex)
      for (const index of new Set(left.map((action) => action.index))) await options.ensureIndex(index)
    const wait = backoffMs(failures, BACKOFF, clock.random)
    if (clock.now() + wait > until) throw passing.error
    await connection.pause(wait)
  }
  return actions.map((action) => outcomes.get(action)).filter((outcome) => outcome !== undefined)
}

/** What became of each. */
async function send(
  connection: Connection,
  actions: readonly BulkAction[],
  options: BulkOptions,
): Promise<[BulkAction, BulkOutcome | Again][]> {
  const { status, body } = await connection.ask({
    method: 'POST',
    path: '/_bulk',
    lines: actions.map(linesOf).join(''),
    allow: [413],
    patienceMs: options.patienceMs,
    timeoutMs: TIMEOUT_MS,
  })
  if (status === 413) {
    if (actions.length > 1) {
      const singly: [BulkAction, BulkOutcome | Again][] = []
      for (const action of actions) singly.push(...(await send(connection, [action], options)))
      return singly
    }
    const cause = { type: '', reason: 'larger than a request may be' }
    return actions.map((action) => [action, { kind: 'rejected', cause }])
  }
  const items = members(body)['items']
  return actions.map((action, at) => [action, judge(action, Array.isArray(items) ? items[at] : undefined)])
}

interface Again {
  readonly kind: 'again'
  readonly error: OperatorError
  readonly noIndex?: boolean
}

function judge(action: BulkAction, item: unknown): BulkOutcome | Again {
  const result = members(members(item)[action.action])
  const status = Number(result['status'] ?? 0)
  const what = `Storing in ${action.index}`
  if (status >= 200 && status < 300) return { kind: 'done' }
  // An answer without the item tells nothing of it.
  if (status === 0) return { kind: 'again', error: failureOf(what, 503, { type: '', reason: 'no answer for it' }, []) }
  const cause = errorCause(result['error'])
  if (cause.type === 'index_not_found_exception' && action.action === 'create') {
    return { kind: 'again', error: failureOf(what, 503, cause, []), noIndex: true }
  }
  if (status === 404) return { kind: 'missing' }
  const meaning = meaningOf(status, cause)
  if (meaning === 'exists') return { kind: 'exists' }
  if (meaning === 'refused') return { kind: 'rejected', cause }
  const error = failureOf(what, status, cause, [])
  if (!error.retryable) throw error
  return { kind: 'again', error }
}

/** As many at a time as one request may carry. */
function* portions(actions: readonly BulkAction[]): Generator<readonly BulkAction[]> {
  let portion: BulkAction[] = []
  let bytes = 0
  for (const action of actions) {
    const size = Buffer.byteLength(linesOf(action))
    if (portion.length > 0 && bytes + size > LARGEST_REQUEST) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(action)
    bytes += size
  }
  if (portion.length > 0) yield portion
}

function linesOf({ action, index, id, document }: BulkAction): string {
  const retry = action === 'update' ? { retry_on_conflict: 5 } : {}
  const head = JSON.stringify({ [action]: { _index: index, _id: id, ...retry } })
  return document === undefined ? `${head}\n` : `${head}\n${JSON.stringify(document)}\n`
}
