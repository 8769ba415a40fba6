import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { parseJson } from '../decode'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

/** One JSON call to a service of the pocket cloud itself; `ca` when it speaks https. */
export function call(
  method: string,
  url: string,
  options: { headers?: Record<string, string>; body?: unknown; ca?: string | undefined } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...options.headers }
    const request = send(url, { method, headers, ...(options.ca !== undefined && { ca: options.ca }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = parseJson(Buffer.concat(chunks).toString('utf8'))
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    request.on('error', reject)
    request.end(options.body === undefined ? undefined : JSON.stringify(options.body))
  })
}
