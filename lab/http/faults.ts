import type { LabReply, LabRequest, LabService } from './exchange'

/** What goes wrong. Parts combine: a delay and then a status, say. */
export interface FaultEffect {
  /** Answer with this status instead of handling the request. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Body of the answer; with no `status` it goes out as 200. */
  readonly body?: string
  /** A ready-made wrong page instead of an answer, by name: see {@link FaultPages}. */
  readonly page?: string
  /** Wait before the request is handled. */
  readonly delayMs?: number
  /** Cut the connection without an answer: `before` the request is handled, or `after` it (its effect stays). */
  readonly disconnect?: 'before' | 'after'
  /** Send the body of the answer in pieces of `bytes` every `everyMs`. */
  readonly slowBody?: { readonly bytes: number; readonly everyMs: number }
  /** Announce the whole body but cut the connection after so many bytes of it. */
  readonly cutBodyAfter?: number
  /** Change the links of a list's answer: `repeat` the page asked for, point to a `foreign` host, or to an `internal` name. */
  readonly links?: 'repeat' | 'foreign' | 'internal'
}

/** When it goes wrong. Everything given must match. */
export interface Fault extends FaultEffect {
  readonly service: LabService
  /** Shown in lists and in the record of exchanges; made up if not given. */
  readonly name?: string
  readonly method?: string
  /** Path with `*` for any characters, e.g. `/v2.0/ports*`; any path if not given. */
  readonly path?: string
  /** Regular expression over the query string as sent, e.g. `marker=`. */
  readonly query?: string
  /** Regular expression over the request's body, e.g. `action=launch`. */
  readonly bodyMatches?: string
  /** Let so many matching requests pass first. */
  readonly skip?: number
  /** Happen so many times, then be over; until cleared if not given. */
  readonly times?: number
}

export interface FaultPage {
  readonly status: number
  readonly contentType: string
  body(): string
}

/** Wrong pages by name, e.g. `qualys-login`. */
export type FaultPages = Readonly<Record<string, FaultPage>>

export interface ActiveFault extends Fault {
  readonly id: number
  readonly name: string
  readonly used: number
  readonly left: number | null
}

interface Entry {
  readonly id: number
  readonly fault: Fault
  readonly name: string
  skipped: number
  used: number
}

/** The switchboard of faults: the first one that matches a request is used. */
export class Faults {
  readonly pages: FaultPages
  #entries: Entry[] = []
  #nextId = 1

  constructor(pages: FaultPages) {
    this.pages = pages
  }

  /** Switches a fault on and returns its number. */
  add(fault: Fault): number {
    if (fault.page !== undefined && this.pages[fault.page] === undefined) {
      throw new RangeError(`There is no page "${fault.page}"; there are: ${Object.keys(this.pages).join(', ')}.`)
    }
    for (const pattern of [fault.query, fault.bodyMatches]) if (pattern !== undefined) new RegExp(pattern)
    const id = this.#nextId++
    this.#entries.push({ id, fault, name: fault.name ?? `fault-${id}`, skipped: 0, used: 0 })
    return id
  }

  /** Switches one fault off, or all of a service, or all. */
  clear(which?: number | LabService): void {
    this.#entries = this.#entries.filter((entry) =>
      which === undefined ? false : typeof which === 'number' ? entry.id !== which : entry.fault.service !== which,
    )
  }

  list(): ActiveFault[] {
    return this.#entries.map(({ id, fault, name, used }) => ({
      ...fault,
      id,
      name,
      used,
      left: fault.times === undefined ? null : fault.times - used,
    }))
  }

  /** The fault for this request, counted as used. */
  take(request: LabRequest): { readonly name: string; readonly effect: FaultEffect } | undefined {
    for (const entry of this.#entries) {
      if (!matches(entry.fault, request)) continue
      if (entry.fault.times !== undefined && entry.used >= entry.fault.times) continue
      if (entry.skipped < (entry.fault.skip ?? 0)) {
        entry.skipped++
        continue
      }
      entry.used++
      return { name: entry.name, effect: entry.fault }
    }
    return undefined
  }

  /** The answer that a fault gives in place of the service's, if it gives one. */
  replyOf(effect: FaultEffect): LabReply | undefined {
    const page = effect.page === undefined ? undefined : this.pages[effect.page]
    if (page !== undefined) {
      return {
        status: effect.status ?? page.status,
        headers: { 'content-type': page.contentType, ...effect.headers },
        body: page.body(),
      }
    }
    if (effect.status === undefined && effect.body === undefined) return undefined
    return {
      status: effect.status ?? 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', ...effect.headers },
      body: effect.body ?? '',
    }
  }
}

function matches(fault: Fault, request: LabRequest): boolean {
  return (
    fault.service === request.service &&
    (fault.method === undefined || fault.method.toUpperCase() === request.method) &&
    (fault.path === undefined || wildcard(fault.path).test(request.path)) &&
    (fault.query === undefined || new RegExp(fault.query).test(request.query.toString())) &&
    (fault.bodyMatches === undefined || new RegExp(fault.bodyMatches).test(request.body))
  )
}

function wildcard(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )
}
