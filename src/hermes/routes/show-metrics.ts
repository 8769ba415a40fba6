import { notFound } from '../failure'
import type { OpenRoute } from '../model'

export const showMetrics: OpenRoute = (_call, { meter }) => {
  if (meter === undefined) throw notFound('There is nothing at this path.')
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: meter.text() }
}
