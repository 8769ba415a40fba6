import { ClusterError, illegal, type Members, only } from './failure'
import { type Field, fieldsOf, type Indexed, indexed } from './fields'

/** One index: documents as they are, and as a search sees them since the last refresh. */
export class Index {
  readonly name: string
  readonly aliases: ReadonlySet<string>
  fields: ReadonlyMap<string, Field>
  /** As it was given when the index was made. */
  readonly mappings: Members
  /** `max_result_window` */
  window: number
  readonly #current = new Map<string, Indexed>()
  #searchable = new Map<string, Indexed>()
  readonly #refreshEveryMs: number
  #refreshedAt: number

  constructor(name: string, body: Members, now: number) {
    const { settings, mappings, aliases } = only(body, 'create index', ['settings', 'mappings', 'aliases'])
    this.name = name
    this.aliases = new Set(Object.keys(Object(aliases ?? {})))
    this.mappings = Object(mappings ?? {}) as Members
    this.fields = fieldsOf(this.mappings)
    this.window = Number((Object(settings) as Members)['max_result_window'] ?? 10_000)
    const interval = /^(\d+)(ms|s)$/.exec(String((Object(settings) as Members)['refresh_interval'] ?? '1s'))
    if (interval === null) throw illegal('failed to parse setting [index.refresh_interval]')
    this.#refreshEveryMs = Number(interval[1]) * (interval[2] === 's' ? 1000 : 1)
    this.#refreshedAt = now
  }

  addFields(mappings: Members): void {
    this.fields = new Map([...this.fields, ...fieldsOf(mappings)])
  }

  get(id: string): Indexed | undefined {
    return this.#current.get(id)
  }

  put(id: string, source: Members): void {
    this.#current.set(id, indexed(this.name, id, source, this.fields))
  }

  delete(id: string): boolean {
    return this.#current.delete(id)
  }

  refresh(now: number): void {
    this.#searchable = new Map(this.#current)
    this.#refreshedAt = now
  }

  /** What a search sees; the refresh that is due happens now. */
  searchable(now: number): Iterable<Indexed> {
    if (now - this.#refreshedAt >= this.#refreshEveryMs) this.refresh(now)
    return this.#searchable.values()
  }

  get bytes(): number {
    let bytes = 0
    for (const { source } of this.#current.values()) bytes += JSON.stringify(source).length
    return bytes
  }

  get size(): number {
    return this.#current.size
  }
}

/** All indices and templates of the cluster. */
export class IndexSet {
  readonly #indices = new Map<string, Index>()
  readonly #templates = new Map<string, { readonly patterns: readonly RegExp[]; readonly body: Members }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  create(name: string, body: Members): void {
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
      throw new ClusterError(400, 'invalid_index_name_exception', `Invalid index name [${name}]`)
    }
    if (this.#indices.has(name)) {
      throw new ClusterError(400, 'resource_already_exists_exception', `index [${name}] already exists`)
    }
    this.#indices.set(name, new Index(name, body, this.#now()))
  }

  putTemplate(name: string, body: unknown): void {
    const { index_patterns, template } = only(body, 'index template', ['index_patterns', 'priority', 'template'])
    if (!Array.isArray(index_patterns)) throw illegal('index patterns are missing')
    const made = Object(template) as Members
    fieldsOf(Object(made['mappings']))
    this.#templates.set(name, { patterns: index_patterns.map((pattern) => wildcard(String(pattern))), body: made })
  }

  /** For writing; made by a template if it is not there. */
  forWriting(name: string): Index {
    const there = this.#indices.get(name)
    if (there !== undefined) return there
    const template = [...this.#templates.values()].find(({ patterns }) =>
      patterns.some((pattern) => pattern.test(name)),
    )
    if (template === undefined) throw notFound(name)
    this.create(name, template.body)
    return this.forWriting(name)
  }

  exactly(name: string): Index | undefined {
    return this.#indices.get(name)
  }

  delete(name: string): void {
    if (!this.#indices.delete(name)) throw notFound(name)
  }

  /** Those that names, aliases or patterns mean. */
  named(names: string, ignoreUnavailable: boolean): Index[] {
    const found = new Set<Index>()
    for (const name of names.split(',')) {
      const pattern = wildcard(name)
      const meant = [...this.#indices.values()].filter(
        (index) => pattern.test(index.name) || [...index.aliases].some((alias) => pattern.test(alias)),
      )
      if (meant.length === 0 && !name.includes('*') && !ignoreUnavailable) throw notFound(name)
      for (const index of meant) found.add(index)
    }
    return [...found]
  }
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

function notFound(name: string): ClusterError {
  return new ClusterError(404, 'index_not_found_exception', `no such index [${name}]`)
}
