import { describeError, OperatorError } from '../../errors/operator-error'
import { OpenStackError } from '../openstack-error'

/** Ids per call: fifty UUIDs as query parameters stay under 3 kB, well below the 8 kB that servers take. */
export const IDS_PER_CALL = 50
const CALLS_AT_ONCE = 4

/** What asking for many ids came to. What is not found and not failed does not exist. */
export interface Found<T> {
  readonly items: readonly T[]
  /** Ids whose answer is missing, with the reason. */
  readonly failed: ReadonlyMap<string, OperatorError>
}

/**
 * Asks for many ids in calls of at most fifty, a few at a time. A call that the server finds too long (414) is halved. A call
 * that fails leaves its ids in `failed`; the others still count.
 */
export async function byIds<T>(
  ids: Iterable<string>,
  call: (chunk: readonly string[]) => Promise<readonly T[]>,
): Promise<Found<T>> {
  const items: T[] = []
  const failed = new Map<string, OperatorError>()
  const chunks = chunked([...new Set(ids)])

  const ask = async (chunk: readonly string[]): Promise<void> => {
    try {
      items.push(...(await call(chunk)))
    } catch (thrown) {
      if (thrown instanceof OpenStackError && thrown.status === 414 && chunk.length > 1) {
        const half = Math.ceil(chunk.length / 2)
        await ask(chunk.slice(0, half))
        await ask(chunk.slice(half))
        return
      }
      const error = thrown instanceof OperatorError ? thrown : new OperatorError('UNEXPECTED', describeError(thrown))
      for (const id of chunk) failed.set(id, error)
    }
  }
  const worker = async () => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) await ask(chunk)
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker))
  return { items, failed }
}

function chunked(ids: readonly string[]): string[][] {
  const chunks: string[][] = []
  for (let start = 0; start < ids.length; start += IDS_PER_CALL) chunks.push(ids.slice(start, start + IDS_PER_CALL))
  return chunks
}
