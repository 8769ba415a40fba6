/** Where a page of a listing ends, and the address of the next one. */
export interface MarkerPage<T> {
  readonly shown: readonly T[]
  /** Absolute; undefined where the page is not full. */
  readonly next: string | undefined
}

/**
 * Pages as oslo's services make them: `limit` up to the service's own, `marker` is the id of the last one seen. A full page has a link,
 * as nobody looks whether there is more. Undefined where the marker is no item of the list.
 */
export function markerPage<T extends { readonly id: string }>(
  items: readonly T[],
  request: { readonly query: URLSearchParams; readonly origin: string; readonly path: string },
  largest: number,
): MarkerPage<T> | undefined {
  const { query, origin, path } = request
  const asked = Number(query.get('limit') ?? largest)
  const limit = Number.isInteger(asked) && asked >= 0 ? Math.min(asked, largest) : largest
  const marker = query.get('marker')
  const at = marker === null ? -1 : items.findIndex(({ id }) => id === marker)
  if (marker !== null && at < 0) return undefined
  const shown = items.slice(at + 1, at + 1 + limit)
  const last = shown.at(-1)
  if (last === undefined || shown.length < limit) return { shown, next: undefined }
  const following = new URLSearchParams(query)
  following.set('marker', last.id)
  return { shown, next: `${origin}${path}?${following}` }
}
