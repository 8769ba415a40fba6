/** An error as the cluster answers it: `{"error":{"type":"…","reason":"…"},"status":400}`. */
export class ClusterError extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, reason: string) {
    super(reason)
    this.status = status
    this.type = type
  }

  get told(): { type: string; reason: string } {
    return { type: this.type, reason: this.message }
  }

  get body(): object {
    return { error: { root_cause: [this.told], ...this.told }, status: this.status }
  }
}

export function parsing(reason: string): ClusterError {
  return new ClusterError(400, 'parsing_exception', reason)
}

export function illegal(reason: string): ClusterError {
  return new ClusterError(400, 'illegal_argument_exception', reason)
}

export type Members = Readonly<Record<string, unknown>>

/** An object, with no members but those that are known: a real cluster refuses a misspelt one, and so must this. */
export function only(value: unknown, what: string, known: readonly string[]): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw parsing(`[${what}] must be an object`)
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw parsing(`[${what}] unknown field [${name}]`)
  }
  return value as Members
}

/** The only member of an object. */
export function single(value: unknown, what: string): [string, unknown] {
  const entries = Object.entries(only(value, what, Object.keys(Object(value))))
  const [entry] = entries
  if (entry === undefined || entries.length > 1) throw parsing(`[${what}] malformed, expected one field`)
  return entry
}
