import { hash } from 'node:crypto'
import type { ChainHead, HashedRecord } from './model'

/**
 * The hashes of the chain; docs/audit-integrity.md describes the encoding for whoever wants to check it with other means.
 *
 * Each kind of hash begins with a tag of its own, so that no input of one kind can be passed off as one of another. Texts are
 * UTF-8 with their length in front, so that no two records have the same encoding.
 */
const LEAF_TAG = 'openstack-audit/event/1'
const NOTE_TAG = 'openstack-audit/note/1'
const GENESIS_TAG = 'openstack-audit/genesis/1'
const LINK_TAG = Buffer.from('openstack-audit/link/1')

/** Length of a text that is not there; no text is as long. */
const ABSENT = 0xffffffff
const PHASES = { pending: 0, final: 1 } as const

/** Reused for every record: allocating costs more than hashing does. */
let scratch = Buffer.allocUnsafe(64 * 1024)
const linkScratch = Buffer.alloc(LINK_TAG.length + 64)
LINK_TAG.copy(linkScratch)

/** Of a record at its place. Any change to a hashed member, or another place, gives another leaf. */
export function leafOf(writer: string, position: number, record: HashedRecord): Uint8Array {
  const { notification, tenants } = record
  reserve(longest(writer, record))
  let end = text(0, LEAF_TAG)
  end = text(end, writer)
  end = integer(end, position)
  end = text(end, record.cloud)
  end = text(end, record.id)
  scratch[end++] = PHASES[record.phase]
  end = integer(end, record.time)
  end = text(end, record.body)
  end = text(end, notification.messageId)
  end = text(end, notification.eventType)
  end = text(end, notification.publisherId)
  end = text(end, notification.priority)
  end = text(end, notification.timestamp)
  end = scratch.writeUInt32BE(tenants.length, end)
  // A store may keep them as a set.
  for (const tenant of tenants.length < 2 ? tenants : [...tenants].sort()) end = text(end, tenant)
  return hash('sha256', scratch.subarray(0, end), 'buffer')
}

/** Of a line of the chain's own (a signed checkpoint, a retention record). */
export function noteLeafOf(writer: string, position: number, note: string): Uint8Array {
  reserve(64 + (NOTE_TAG.length + writer.length + note.length) * 3)
  let end = text(0, NOTE_TAG)
  end = text(end, writer)
  end = integer(end, position)
  end = text(end, note)
  return hash('sha256', scratch.subarray(0, end), 'buffer')
}

/** Of a row: everything up to it. `previous` is the link of the row before, or that of {@link emptyChain}. */
export function linkOf(previous: Uint8Array, leaf: Uint8Array): Uint8Array {
  // A damaged store can hold anything in their place; what comes out then fits nothing.
  if (previous.length !== 32 || leaf.length !== 32) return emptyChain('damaged').link
  linkScratch.set(previous, LINK_TAG.length)
  linkScratch.set(leaf, LINK_TAG.length + 32)
  return hash('sha256', linkScratch, 'buffer')
}

/** What the first row of a writer is linked to: another for each writer, so that no chain can be passed off as another's. */
export function emptyChain(writer: string): ChainHead {
  reserve(64 + (GENESIS_TAG.length + writer.length) * 3)
  const end = text(text(0, GENESIS_TAG), writer)
  return { writer, position: 0, link: hash('sha256', scratch.subarray(0, end), 'buffer') }
}

/** The chain with one more event. */
export function afterEvent(head: ChainHead, record: HashedRecord): ChainHead & { readonly leaf: Uint8Array } {
  const position = head.position + 1
  const leaf = leafOf(head.writer, position, record)
  return { writer: head.writer, position, leaf, link: linkOf(head.link, leaf) }
}

/** The chain with one more line of its own. */
export function afterNote(head: ChainHead, note: string): ChainHead & { readonly leaf: Uint8Array } {
  const position = head.position + 1
  const leaf = noteLeafOf(head.writer, position, note)
  return { writer: head.writer, position, leaf, link: linkOf(head.link, leaf) }
}

/** UTF-8 takes at most three bytes for each unit of a JavaScript string. */
function longest(writer: string, record: HashedRecord): number {
  const { notification: n, tenants } = record
  let units = LEAF_TAG.length + writer.length + record.cloud.length + record.id.length + record.body.length
  units += (n.messageId?.length ?? 0) + (n.eventType?.length ?? 0) + (n.publisherId?.length ?? 0)
  units += (n.priority?.length ?? 0) + (n.timestamp?.length ?? 0)
  for (const tenant of tenants) units += tenant.length + 2
  return units * 3 + 128
}

function reserve(bytes: number): void {
  if (bytes > scratch.length) scratch = Buffer.allocUnsafe(bytes * 2)
}

function text(at: number, value: string | undefined): number {
  if (value === undefined) return scratch.writeUInt32BE(ABSENT, at)
  const written = scratch.write(value, at + 4, 'utf8')
  scratch.writeUInt32BE(written, at)
  return at + 4 + written
}

/** Eight bytes, two's complement, most significant first. */
function integer(at: number, value: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  scratch.writeInt32BE(high, at)
  return scratch.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}
