import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** What a route answers. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Portions are written as fast as the client takes them, and no more are made once it is gone. */
  readonly body?: string | AsyncIterable<string>
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: `${JSON.stringify(value, null, 2)}\n` }
}

export const JSON_TYPE = 'application/json'

/**
 * Writes an answer. A stream that breaks after it began cuts the connection, so that nobody takes a part for the whole.
 * @param began called right before the first of the answer goes out
 * @returns how many bytes of body were written
 */
export async function write(
  response: ServerResponse,
  answer: Answer,
  withoutBody: boolean,
  began = () => {},
): Promise<number> {
  const { status, headers, body = '' } = answer
  if (response.destroyed || response.headersSent) {
    if (typeof body !== 'string') await stop(body)
    return 0
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.statusCode = status
  if (typeof body === 'string') {
    const bytes = Buffer.byteLength(body)
    // An answer without a body has no length to tell.
    if (status !== 204 && status !== 304) response.setHeader('content-length', bytes)
    began()
    response.end(withoutBody ? undefined : body)
    return withoutBody ? 0 : bytes
  }
  if (withoutBody) {
    await stop(body)
    began()
    response.end()
    return 0
  }
  return stream(response, headers, body, began)
}

async function stream(
  response: ServerResponse,
  headers: Answer['headers'],
  body: AsyncIterable<string>,
  began: () => void,
): Promise<number> {
  let bytes = 0
  try {
    for await (const portion of body) {
      if (response.destroyed) return bytes
      if (portion === '') continue
      if (bytes === 0) began()
      bytes += Buffer.byteLength(portion)
      if (!response.write(portion)) await drained(response)
    }
    if (bytes === 0) began()
    response.end()
  } catch (thrown) {
    if (response.headersSent) response.destroy()
    // Nothing is out yet, so that it can still be told what happened.
    else for (const name of Object.keys(headers)) response.removeHeader(name)
    throw thrown
  }
  return bytes
}

/** Resolves too when the client is gone: `drain` never comes then. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController()
  const { signal } = either
  const waits = [once(response, 'drain', { signal }), once(response, 'close', { signal })]
  await Promise.race(waits).finally(() => {
    either.abort()
    for (const wait of waits) wait.catch(() => {})
  })
}

async function stop(body: AsyncIterable<string>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}
