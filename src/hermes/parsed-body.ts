import type { IncomingMessage } from 'node:http'

/**
 * The body of a request that Node-RED's editor has read before us: where it is served at `/`, its parser for JSON stands in
 * front of everything, and the stream is empty then. Undefined: nobody has read it.
 */
export function parsedBody(request: IncomingMessage): { readonly value: unknown } | undefined {
  const { body } = request as { body?: unknown }
  return request.readableEnded && body !== undefined ? { value: body } : undefined
}
