import { OperatorError } from '../errors/operator-error'

const UNIT_MS: Readonly<Record<string, number>> = { seconds: 1000, minutes: 60_000, hours: 3_600_000 }

/** Reads what a dialog stored; each complaint names the setting. */
export class SettingsReader {
  readonly #config: { readonly [setting: string]: unknown }
  readonly #code: string

  /** @param code of the complaints, e.g. `BURST_CONFIG` */
  constructor(config: { readonly [setting: string]: unknown }, code: string) {
    this.#config = config
    this.#code = code
  }

  /** A number that stands for itself or comes from an environment variable as text; empty is the fallback. */
  number(name: string, fallback: number, least: number, most: number): number {
    const value = this.#config[name]
    if (value === undefined || value === null || String(value).trim() === '') return fallback
    const number = Number(value)
    if (!Number.isFinite(number) || number < least || number > most) {
      throw this.wrong(name, `it must be a number from ${least} to ${most}`)
    }
    return number
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const number = this.number(name, fallback, least, most)
    if (!Number.isInteger(number)) throw this.wrong(name, 'it must be a whole number')
    return number
  }

  /** Milliseconds; the unit stands in the setting `<name>Unit`. */
  duration(name: string, fallback: { value: number; unit: string }, leastMs: number, mostMs: number): number {
    const unitMs = UNIT_MS[String(this.#config[`${name}Unit`] ?? fallback.unit)]
    if (unitMs === undefined) throw this.wrong(`${name}Unit`, 'it must be seconds, minutes or hours')
    const ms = this.number(name, fallback.value, 0, Number.MAX_SAFE_INTEGER) * unitMs
    if (ms < leastMs || ms > mostMs) {
      throw this.wrong(name, `it must be from ${leastMs / 1000} seconds to ${mostMs / 3_600_000} hours`)
    }
    return ms
  }

  yes(name: string, fallback: boolean): boolean {
    const value = this.#config[name]
    return typeof value === 'boolean' ? value : fallback
  }

  text(name: string): string {
    return String(this.#config[name] ?? '')
  }

  wrong(name: string, why: string): OperatorError {
    return new OperatorError(this.#code, `The setting "${name}" cannot be used: ${why}.`)
  }
}
