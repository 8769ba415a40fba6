import type { LabRequest } from '../http/exchange'
import { QualysFailure } from './failure'

/** The parameters of a call, from query and form body together. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  /**
   * `repeated` hears of names that were given more than once. The real service says nothing and takes the last value,
   * which is how lists of addresses have been scanned as one address.
   */
  static read(request: LabRequest, repeated: (names: readonly string[]) => void): Parameters {
    const given = [...request.query, ...(request.method === 'POST' ? new URLSearchParams(request.body) : [])]
    const values = new Map<string, string>()
    const twice = new Set<string>()
    for (const [name, value] of given) {
      if (values.has(name)) twice.add(name)
      values.set(name, value)
    }
    if (twice.size > 0) repeated([...twice])
    return new Parameters(values)
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  names(): string[] {
    return [...this.#values.keys()]
  }

  entries(): [string, string][] {
    return [...this.#values]
  }

  required(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined || value === '') throw new QualysFailure('1903', `Missing required parameter(s): ${name}`)
    return value
  }

  /** 1901 for what the call does not know. */
  allow(...known: readonly string[]): void {
    const unknown = this.names().filter((name) => name !== 'action' && name !== 'echo_request' && !known.includes(name))
    if (unknown.length > 0) throw new QualysFailure('1901', `Unrecognized parameter(s): ${unknown.join(', ')}`)
  }

  /** The name of the one that was given; 1904 for several, `undefined` for none. */
  oneOf(...names: readonly string[]): string | undefined {
    const given = names.filter((name) => this.#values.has(name))
    if (given.length > 1) {
      throw new QualysFailure('1904', `Please specify only one of these parameters: ${given.join(', ')}`)
    }
    return given[0]
  }

  /** 1922 when none of them is there. */
  atLeastOneOf(...names: readonly string[]): void {
    if (names.some((name) => this.#values.has(name))) return
    throw new QualysFailure('1922', `Please specify at least one of the following parameters: ${names.join(', ')}`)
  }
}
