/** A mail as it came, taken apart as far as a test wants to look into it. */
export interface ReceivedMail {
  readonly at: Date
  /** Envelope. */
  readonly from: string
  readonly to: readonly string[]
  /** Whoever logged in; undefined: nobody. */
  readonly user: string | undefined
  readonly encrypted: boolean
  /** Number of the connection, from 1: mails of one connection have the same. */
  readonly connection: number
  readonly raw: string
  /** Lower-case names, unfolded and with encoded words decoded; in the order in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Leaves in their order. */
  readonly parts: readonly MailPart[]
}

export interface MailPart {
  /** Without parameters, e.g. `text/html`. */
  readonly type: string
  readonly charset: string
  readonly text: string
}

export function headerOf(mail: Pick<ReceivedMail, 'headers'>, name: string): string | undefined {
  return mail.headers.find(([one]) => one === name)?.[1]
}

/** @throws RangeError where it is no mail: a line without a colon in the head, a part without its end */
export function parseMail(raw: string): Pick<ReceivedMail, 'headers' | 'parts'> {
  const { headers, body } = split(raw)
  return { headers: headers.map(([name, value]) => [name, decodedWords(value)]), parts: partsOf(headers, body) }
}

type Header = readonly [name: string, value: string]

function split(raw: string): { headers: Header[]; body: string } {
  const end = raw.startsWith('\r\n') ? 0 : raw.indexOf('\r\n\r\n')
  const head = raw.slice(0, end < 0 ? raw.length : end)
  const body = end < 0 ? '' : raw.slice(end === 0 ? 2 : end + 4)
  const lines = head.replace(/\r\n(?=[ \t])/g, '').split('\r\n')
  const headers = lines
    .filter((line) => line !== '')
    .map((line): Header => {
      const [, name, value] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined) throw new RangeError(`This is no header: ${JSON.stringify(line)}`)
      return [name.toLowerCase(), value]
    })
  return { headers, body }
}

function partsOf(headers: readonly Header[], body: string): MailPart[] {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? 'text/plain; charset=us-ascii'
  const [, type = ''] = /^([^;\s]+)/.exec(contentType) ?? []
  const parameter = (name: string) => new RegExp(`;\\s*${name}="?([^";]+)"?`, 'i').exec(contentType)?.[1]
  if (type.toLowerCase().startsWith('multipart/')) {
    const boundary = `\r\n--${parameter('boundary') ?? ''}`
    const [, ...inner] = `\r\n${body}`.split(boundary)
    if (inner.pop()?.startsWith('--') !== true) throw new RangeError('The last part of the mail does not end.')
    return inner.flatMap((part) => {
      const { headers: own, body: content } = split(part.replace(/^[ \t]*\r\n/, ''))
      return partsOf(own, content)
    })
  }
  const encoding = headers.find(([name]) => name === 'content-transfer-encoding')?.[1] ?? '7bit'
  const charset = (parameter('charset') ?? 'us-ascii').toLowerCase()
  return [{ type: type.toLowerCase(), charset, text: decoded(body, encoding.toLowerCase()).toString('utf8') }]
}

function decoded(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding === 'quoted-printable') return quotedPrintable(body.replace(/=\r\n/g, ''))
  return Buffer.from(body, 'latin1')
}

function quotedPrintable(text: string): Buffer {
  const bytes = text.replace(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

/** RFC 2047; only UTF-8, which is all that is sent here. */
function decodedWords(value: string): string {
  return value
    .replace(/(=\?[^?]+\?[QB]\?[^?]*\?=)[ \t]+(?==\?)/gi, '$1')
    .replace(/(?:=\?utf-8\?([QB])\?([^?]*)\?=)+/gi, (words) => {
      const bytes = [...words.matchAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi)].map(([, way = '', text = '']) =>
        way.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : quotedPrintable(text.replace(/_/g, ' ')),
      )
      return Buffer.concat(bytes).toString('utf8')
    })
}
