/** What the paths of one service's API name. */
export interface PathVocabulary {
  /**
   * Collections by their segment, or by `<parent's segment>/<segment>` where they mean something else under a parent; the
   * value is the CADF type of one of their members.
   */
  readonly collections: ReadonlyMap<string, string>
  /** Segments that only group others: `lbaas` of `/v2/lbaas/pools`. */
  readonly groupings: ReadonlySet<string>
  /** Type under which collections stand of which nothing is known. */
  readonly root: string
}

/**
 * Written as a list, so that it can be compared with a service's API reference: `name` alone is a collection whose members'
 * type is the root and the name in the singular; `name=type` gives the type below the root (`.` for the root itself);
 * `parent/name=type` holds under that parent only; `(name)` groups others.
 */
export function vocabulary(root: string, list: string): PathVocabulary {
  const collections = new Map<string, string>()
  const groupings = new Set<string>()
  for (const entry of list.split(/\s+/).filter((word) => word !== '')) {
    if (entry.startsWith('(')) {
      groupings.add(entry.slice(1, -1))
      continue
    }
    const [path = '', type = singular(path.slice(path.lastIndexOf('/') + 1))] = entry.split('=')
    collections.set(path, type === '.' ? root : `${root}/${type}`)
  }
  return { collections, groupings, root }
}

/** `security-group-rule` of `security-group-rules`, `rbac-policy` of `rbac-policies`, as CADF types are written. */
export function singular(collection: string): string {
  const name = collection.replaceAll('_', '-').replace(/^os-/, '')
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`
  if (/(ss|x|ch|sh)es$/.test(name)) return name.slice(0, -2)
  return /[^sui]s$/.test(name) ? name.slice(0, -1) : name
}
