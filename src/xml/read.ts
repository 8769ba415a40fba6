import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { quote } from '../errors/redact'

/** An element with its children by name. Attributes are left out: those who answer here say nothing in them. */
export interface XmlElement {
  readonly name: string
  /** Own text and CDATA, trimmed; services pad texts with blanks and newlines. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Why a text was not read. */
export class XmlFault extends Error {
  /** `doctype`: declarations of its own; entities are how a small text becomes a huge one or a local file. */
  readonly kind: 'not-well-formed' | 'doctype'

  constructor(kind: 'not-well-formed' | 'doctype', message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

const CDATA = '#cdata'
const TEXT = '#text'

const parser = new XMLParser({
  // "scan/1790000000.10" and ids must stay as they are.
  parseTagValue: false,
  processEntities: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: CDATA,
  textNodeName: TEXT,
})

/** What may stand before the root: declaration, comments, one DOCTYPE. */
const PROLOG = /^\s*(?:<\?xml[^>]{0,200}\?>)?(?:\s+|<!--(?:(?!-->)[\s\S])*-->)*/
const PLAIN_DOCTYPE =
  /^<!DOCTYPE\s+[A-Za-z_][\w.-]*(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(?:"[^"]*"|'[^']*'))?\s*>/

/**
 * Reads a document strictly: well-formed, one root, no declarations, no entities but XML's own five.
 *
 * The size is capped where the text is read from the network.
 * @throws XmlFault
 */
export function readXml(text: string): XmlElement {
  const body = withoutDoctype(text.replace(/^\uFEFF/, ''))
  const valid = XMLValidator.validate(body)
  if (valid !== true) throw new XmlFault('not-well-formed', `${quote(valid.err.msg)} (line ${valid.err.line})`)
  let parsed: unknown
  try {
    parsed = parser.parse(body)
  } catch (cause) {
    throw new XmlFault('not-well-formed', quote(cause instanceof Error ? cause.message : String(cause)), cause)
  }
  const [root, ...others] = elementsOf(parsed)
  if (root === undefined || others.length > 0) throw new XmlFault('not-well-formed', 'one root element was expected')
  return root
}

export function child(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (at, name) => at?.children.find((candidate) => candidate.name === name),
    element,
  )
}

export function children(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? []
}

/** The text at the end of a path; undefined where there is no such element or it is empty. */
export function textAt(element: XmlElement | undefined, ...path: string[]): string | undefined {
  const text = child(element, ...path)?.text
  return text === '' ? undefined : text
}

function withoutDoctype(text: string): string {
  const prolog = PROLOG.exec(text)?.[0] ?? ''
  const rest = text.slice(prolog.length)
  if (!/^<!DOCTYPE/i.test(rest)) return text
  const doctype = PLAIN_DOCTYPE.exec(rest.slice(0, 2000))?.[0]
  if (doctype === undefined) throw new XmlFault('doctype', 'a DOCTYPE that declares entities')
  return prolog + rest.slice(doctype.length)
}

function elementsOf(parsed: unknown): XmlElement[] {
  if (typeof parsed !== 'object' || parsed === null) return []
  return Object.entries(parsed)
    .filter(([name]) => name !== TEXT && name !== CDATA)
    .flatMap(([name, value]: [string, unknown]) =>
      // One child comes as itself, several as an array.
      (Array.isArray(value) ? value : [value]).map((one: unknown) => elementOf(name, one)),
    )
}

function elementOf(name: string, value: unknown): XmlElement {
  if (typeof value !== 'object' || value === null) {
    return { name, text: decoded(String(value ?? '')).trim(), children: [] }
  }
  const { [TEXT]: text, [CDATA]: cdata } = value as Record<string, unknown>
  const literal = (Array.isArray(cdata) ? cdata : [cdata]).filter((part) => typeof part === 'string').join('')
  return {
    name,
    text: (decoded(typeof text === 'string' ? text : '') + literal).trim(),
    children: elementsOf(value),
  }
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The five entities that XML itself has, and character references; nothing else is ever expanded. */
function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));/g, (all, named, decimal, hex) => {
    if (named !== undefined) return NAMED[named] ?? all
    const point = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : all
  })
}
