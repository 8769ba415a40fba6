import { isoSeconds } from '../clock'
import type { LabReply } from '../http/exchange'

/** XML as text that is finished: it is put in place as it is. */
export interface Xml {
  readonly xml: string
}

export function element(name: string, ...children: readonly (Xml | string | number | undefined)[]): Xml {
  const inner = children.map((child) =>
    child === undefined ? '' : typeof child === 'object' ? child.xml : escaped(String(child)),
  )
  return { xml: `<${name}>${inner.join('')}</${name}>\n` }
}

export function cdata(text: string): Xml {
  return { xml: `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A whole document with the DOCTYPE that Qualys always sends; nothing is to be fetched from there. */
export function document(root: string, dtd: string, ...children: readonly Xml[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8" ?>\n' +
    `<!DOCTYPE ${root} SYSTEM "https://qualysapi.qualys.com/api/${dtd}">\n${element(root, ...children).xml}`
  )
}

export interface SimpleReturn {
  readonly at: Date
  readonly code?: string | undefined
  readonly text: string
  readonly items?: Readonly<Record<string, string | number>>
}

/** The short answer of everything that is no list; `code` only when it is a refusal. */
export function simpleReturn({ at, code, text, items = {} }: SimpleReturn): string {
  const listed = Object.entries(items).map(([key, value]) =>
    element('ITEM', element('KEY', key), element('VALUE', value)),
  )
  return document(
    'SIMPLE_RETURN',
    '2.0/simple_return.dtd',
    element(
      'RESPONSE',
      element('DATETIME', isoSeconds(at)),
      code === undefined ? undefined : element('CODE', code),
      element('TEXT', text),
      listed.length > 0 ? element('ITEM_LIST', ...listed) : undefined,
    ),
  )
}

export function xmlReply(status: number, body: string, headers: Record<string, string> = {}): LabReply {
  return { status, headers: { 'content-type': 'text/xml; charset=utf-8', ...headers }, body }
}
