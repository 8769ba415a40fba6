import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** A mailbox as it stands in a header; `address` is ASCII and safe in an SMTP command. */
export interface MailAddress {
  readonly name: string
  readonly address: string
}

/** RFC 5321: what a server must take at least is 100 recipients. */
export const MOST_RECIPIENTS = 100

/** The unquoted form of RFC 5321, which all real mailboxes have; others could smuggle brackets and blanks into a command. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads `a@example.net` or `SOC, day <a@example.net>`; undefined if it is neither. Domains in other scripts become ASCII.
 */
export function parseAddress(text: string): MailAddress | undefined {
  const trimmed = text.trim()
  const [, name, inBrackets] = /^(.*)<([^<>]*)>$/s.exec(trimmed) ?? [undefined, '', trimmed]
  const address = mailbox(inBrackets ?? '')
  return address === undefined ? undefined : { name: plainName(name ?? ''), address }
}

/** Several, separated by commas, semicolons or lines; a comma inside quotes belongs to the name. */
export function splitAddresses(text: string): string[] {
  const parts = text.match(/(?:"(?:\\.|[^"\\])*"|[^",;\r\n])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function mailbox(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(0, at))
  if (at < 1 || local.length > 64 || !LOCAL.test(local)) return undefined
  const domain = domainOf(text.slice(at + 1))
  if (domain === undefined || local.length + 1 + domain.length > 254) return undefined
  return `${local}@${domain}`
}

function domainOf(text: string): string | undefined {
  const [, literal] = /^\[(?:IPv6:)?([^\]]+)\]$/i.exec(text) ?? []
  if (literal !== undefined) return isIP(literal) === 0 ? undefined : text
  // What is no name at all becomes empty there.
  const ascii = domainToASCII(text).toLowerCase()
  const labels = ascii.split('.')
  return ascii !== '' && ascii.length <= 253 && labels.every((label) => LABEL.test(label)) ? ascii : undefined
}

function plainName(text: string): string {
  const trimmed = text.trim()
  const [, quoted] = /^"(.*)"$/s.exec(trimmed) ?? []
  return headerText(quoted === undefined ? trimmed : quoted.replace(/\\(.)/gs, '$1'), 200)
}

/**
 * A text that stands in a header: one line, no control or bidirectional characters. nodemailer encodes and folds it.
 */
export function headerText(text: string, limit: number): string {
  return text
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
      /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,
      ' ',
    )
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, limit)
    .replace(/\p{Surrogate}/gu, '\ufffd')
}
