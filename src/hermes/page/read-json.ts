import type { IncomingMessage } from 'node:http'
import { parsedBody } from '../parsed-body'
import { type Answer, failure } from './answer'

const LARGEST = 32 * 1024
const PATIENCE_MS = 10_000

/** The body of a request. Other types than JSON are refused: a form of a foreign page could send those without asking. */
export async function readJson(request: IncomingMessage): Promise<{ value: unknown } | { failure: Answer }> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json(?:\s*;|$)/i.test(type)) {
    return { failure: failure(415, 'NOT_JSON', 'The body must be application/json.') }
  }
  const parsed = parsedBody(request)
  if (parsed !== undefined) return parsed
  const text = await readText(request)
  if (text === undefined) return { failure: failure(413, 'TOO_LARGE', 'The body is too large, or too slow.') }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    // The text is not quoted: it may hold a password.
    return { failure: failure(400, 'NOT_JSON', 'The body is not JSON.') }
  }
}

/** Undefined: more than is taken, not all of it in time, or broken off. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = (text: string | undefined) => {
      clearTimeout(patience)
      request.removeListener('data', take)
      // What is still to come is thrown away, so that the answer is read.
      request.resume()
      resolve(text)
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > LARGEST) end(undefined)
      else chunks.push(chunk)
    }
    const patience = setTimeout(() => end(undefined), PATIENCE_MS)
    request.on('data', take)
    request.once('end', () => end(Buffer.concat(chunks).toString('utf8')))
    request.once('error', () => end(undefined))
    request.once('close', () => end(undefined))
  })
}
