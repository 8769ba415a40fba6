import type { StoredEvent } from '../model'
import { utcTime } from './csv'
import { type Field, fieldsOf } from './fields'
import { type Portions, pieces } from './portions'
import { xmlText } from './xml'

/** Addresses are absolute. RFC 5005 has the meaning of the paging ones. */
export interface AtomLinks {
  readonly self: string
  readonly first?: string
  readonly previous?: string
  readonly next?: string
}

export interface AtomOptions {
  /** An IRI that stays the same for the same question: e.g. `tag:` or the address without its cursor. */
  readonly id: string
  readonly title: string
  /** Of the newest event, or now in an empty feed; µs since 1970. */
  readonly updated: number
  readonly links: AtomLinks
  /** Where an event is shown. */
  readonly linkOf?: (event: StoredEvent) => string
}

/**
 * A feed of events (RFC 4287), in the order in which they come. The final phase of an operation has the same entry id as its pending
 * one: for a reader it is the entry, updated. The event itself is the content, as JSON.
 */
export async function* atom(portions: Portions, options: AtomOptions): AsyncGenerator<string, void> {
  const { id, title, updated, links } = options
  yield '<?xml version="1.0" encoding="utf-8"?>\n' +
    '<feed xmlns="http://www.w3.org/2005/Atom">\n' +
    `<id>${xmlText(id)}</id>\n` +
    `<title>${xmlText(title)}</title>\n` +
    `<updated>${utcTime(updated)}</updated>\n` +
    '<generator>node-red-contrib-openstack-events</generator>\n' +
    Object.entries(links)
      .map(([rel, href]) => `<link rel="${rel}" href="${xmlText(href)}"${rel === 'self' ? TYPE_OF_FEED : ''}/>\n`)
      .join('')
  yield* pieces(portions, (event) => entryOf(event, options))
  yield '</feed>\n'
}

const TYPE_OF_FEED = ' type="application/atom+xml"'

function entryOf(event: StoredEvent, { linkOf }: AtomOptions): string {
  const field = fieldsOf(event)
  const categories = [event.notification.eventType, field('action'), field('outcome')]
  const href = linkOf?.(event)
  return (
    '<entry>\n' +
    `<id>${xmlText(entryId(event))}</id>\n` +
    `<title>${xmlText(titleOf(field))}</title>\n` +
    `<updated>${utcTime(event.time)}</updated>\n` +
    `<published>${utcTime(event.time)}</published>\n` +
    `<author><name>${xmlText(initiatorOf(field))}</name></author>\n` +
    categories.map((term) => (term === undefined ? '' : `<category term="${xmlText(term)}"/>\n`)).join('') +
    (href === undefined ? '' : `<link rel="alternate" href="${xmlText(href)}"/>\n`) +
    `<content type="text">${xmlText(event.body)}</content>\n` +
    '</entry>\n'
  )
}

const UUID = /^[0-9a-f]{32}$/

/** A UUID is one in the whole world; any other id is named with its cloud (RFC 4151; the date is that of this scheme). */
export function entryId({ cloud, id }: Pick<StoredEvent, 'cloud' | 'id'>): string {
  if (UUID.test(id)) {
    return `urn:uuid:${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
  }
  return `tag:openstack-events.invalid,2026:${escaped(cloud)}/${escaped(id)}`
}

/** `encodeURIComponent` throws for half a character. */
function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'))
}

function titleOf(field: Field): string {
  const target = field('target.name') ?? field('target.id')
  const words = [field('action') ?? 'event', field('outcome'), target === undefined ? undefined : `on ${target}`]
  return `${words.filter((word) => word !== undefined).join(' ')} by ${initiatorOf(field)}`
}

function initiatorOf(field: Field): string {
  return field('initiator.name') ?? field('initiator.username') ?? field('initiator.id') ?? 'unknown'
}
