import type { QueryParameters } from '../audit/query/parameters'
import { firstValue } from '../audit/query/parameters'
import { quote } from '../errors/redact'
import { badRequest } from './failure'

export const DEFAULT_LIMIT = 10
/** Hermes' window: its command line asks for 10,000 at once. More is what exports are for. */
export const LARGEST_LIMIT = 20_000
const LARGEST_NUMBER = 2_147_483_647

/** A whole number from 0; undefined where it is not given. @throws ApiFailure 400 */
export function wholeNumber(parameters: QueryParameters, name: string): number | undefined {
  const text = firstValue(parameters, name)
  if (text === undefined) return undefined
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number) || number > LARGEST_NUMBER) {
    throw badRequest(
      `BAD_${name.toUpperCase()}`,
      `The parameter ${name} is "${quote(text, 40)}", which is no whole number from 0 to ${LARGEST_NUMBER}.`,
    )
  }
  return number
}

/** How many events a page has: 0 means the default, as in Hermes. */
export function limitOf(parameters: QueryParameters): number {
  return wholeNumber(parameters, 'limit') || DEFAULT_LIMIT
}

/** Hermes' window, as far as it is needed here: a page is made whole. @throws ApiFailure 400 */
export function checkWindow(limit: number): void {
  if (limit > LARGEST_LIMIT) {
    throw badRequest(
      'LIMIT_TOO_LARGE',
      `The parameter limit is above ${LARGEST_LIMIT}.`,
      'Follow next, or use /v1/events/export for everything.',
    )
  }
}

/** All given parameters, one of them replaced, sorted by name, as Hermes writes its links. */
export function withParameter(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const changed = new URLSearchParams(query)
  changed.set(name, value)
  changed.sort()
  return changed
}
