import type { HttpResponse } from './client'

/** When the server says it answered (`Date`, in whole seconds), ms since 1970; undefined where it does not say. */
export function answerDate({ headers }: Pick<HttpResponse, 'headers'>): number | undefined {
  const time = Date.parse(headers['date'] ?? '')
  return Number.isNaN(time) ? undefined : time
}
