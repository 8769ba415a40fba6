import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { HttpResponse } from '../http/client'
import { readXml, type XmlElement, XmlFault } from '../xml/read'

export { child, children, textAt, type XmlElement } from '../xml/read'

/**
 * Reads an XML reply. Throws `QUALYS_NOT_XML` (login or maintenance pages, other content), `QUALYS_BAD_XML` (cut off,
 * not well-formed, nested without end) and `QUALYS_DOCTYPE` (a DOCTYPE with declarations of its own: Qualys never sends
 * one, and entities are how a small text becomes a huge one or a local file).
 *
 * The size is capped where the reply is read from the network.
 */
export function parseReply(response: HttpResponse): XmlElement {
  const text = response.text.replace(/^\uFEFF/, '')
  refuseOtherContent(response.headers['content-type'] ?? '', text, response.status)
  try {
    return readXml(text)
  } catch (thrown) {
    if (!(thrown instanceof XmlFault)) throw thrown
    if (thrown.kind === 'not-well-formed') throw badXml(thrown.message, thrown.cause)
    throw new OperatorError('QUALYS_DOCTYPE', 'The reply has a DOCTYPE that declares entities; it was not read.', {
      remedy: 'Qualys sends no such thing: look at what stands between Node-RED and Qualys.',
    })
  }
}

function refuseOtherContent(contentType: string, text: string, status: number): void {
  const start = text.trimStart().slice(0, 200)
  const html =
    /^<!doctype\s+html\b|^<html\b/i.test(start) || (/^\s*text\/html\b/i.test(contentType) && !start.startsWith('<?xml'))
  if (!html && start.startsWith('<')) return
  const what = html ? 'an HTML page' : start === '' ? 'an empty body' : `"${quote(start, 60)}"`
  throw new OperatorError('QUALYS_NOT_XML', `Qualys answered ${what} with status ${status} instead of XML.`, {
    remedy: html
      ? 'A login or maintenance page, or a proxy in between: check the address of the API server and the proxy.'
      : 'Check the address of the API server.',
    retryable: true,
  })
}

function badXml(why: string, cause?: unknown): OperatorError {
  return new OperatorError('QUALYS_BAD_XML', `Qualys' reply is not well-formed XML: ${why}.`, {
    retryable: true,
    cause,
  })
}
