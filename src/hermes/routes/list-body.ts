import type { Page } from '../../audit/model'
import { ownTurn } from '../own-turn'
import { itemText, type Showing } from '../shape/shapes'

export interface Links {
  readonly next?: string
  readonly previous?: string
}

export interface ListBody {
  readonly portions: AsyncIterable<Page>
  readonly first: Page
  readonly limit: number
  readonly total: number
  /** Asked when all events are written: where a cursor points to is known only then. */
  readonly links: (last: Page | undefined, shown: number) => Promise<Links>
  readonly showing: Showing
}

/** Events whose texts are made in one go: a millisecond or two, in which nobody else is served. */
const AT_ONCE = 50

export function emptyList(): string {
  return '{\n  "events": [],\n  "total": 0\n}\n'
}

/** A short list as one text, so that it has a length; a long one piece by piece. */
export async function listBody(list: ListBody): Promise<string | AsyncIterable<string>> {
  const { first, limit } = list
  if (limit > AT_ONCE && first.events.length > AT_ONCE) return pieces(list)
  let text = ''
  for await (const piece of pieces(list)) text += piece
  return text
}

async function* pieces({ portions, total, links, showing }: ListBody): AsyncGenerator<string> {
  let shown = 0
  let last: Page | undefined
  for await (const page of portions) {
    last = page
    for (let at = 0; at < page.events.length; at += AT_ONCE) {
      await ownTurn()
      const items = page.events.slice(at, at + AT_ONCE).map((event) => indented(itemText(event, showing)))
      yield `${shown === 0 ? '{\n  "events": [' : ','}\n    ${items.join(',\n    ')}`
      shown += items.length
    }
  }
  yield shown === 0 ? '{\n  "events": []' : '\n  ]'
  const { next, previous } = await links(last, shown)
  if (next !== undefined) yield `,\n  "next": ${JSON.stringify(next)}`
  if (previous !== undefined) yield `,\n  "previous": ${JSON.stringify(previous)}`
  yield `,\n  "total": ${total}\n}\n`
}

/** Line breaks of JSON never stand within its texts. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n    ')
}
