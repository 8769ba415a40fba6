import { child, children, textAt, type XmlElement } from './xml'

/** Qualys' SIMPLE_RETURN: the answer to launching, and the form of every error. */
export interface SimpleReturn {
  /** Present exactly on errors. */
  readonly code?: string
  readonly text: string
  /** e.g. `REFERENCE` → `scan/1795168805.34567`, `SECONDS_TO_WAIT` → `181` */
  readonly items: ReadonlyMap<string, string>
}

/** Undefined where the reply has another root element. */
export function simpleReturnOf(root: XmlElement): SimpleReturn | undefined {
  if (root.name !== 'SIMPLE_RETURN') return undefined
  const response = child(root, 'RESPONSE')
  const code = textAt(response, 'CODE')
  const items = new Map<string, string>()
  for (const item of children(child(response, 'ITEM_LIST'), 'ITEM')) {
    const key = textAt(item, 'KEY')
    if (key !== undefined) items.set(key, textAt(item, 'VALUE') ?? '')
  }
  return { ...(code === undefined ? {} : { code }), text: textAt(response, 'TEXT') ?? '', items }
}
