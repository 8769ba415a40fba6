import { linkOf } from './hash'
import type { Finding } from './model'

/** The row before another. */
export interface Previous {
  readonly position: number
  readonly link: Uint8Array
  readonly id: string | undefined
}

/** A row whose stored link does not follow from its leaf and the link before. */
export interface BrokenLink {
  readonly position: number
  readonly id: string | undefined
  readonly before: Previous
  readonly computed: Uint8Array
  readonly stored: Uint8Array
  /** Its content does not fit either, and that is known already. */
  readonly explained: boolean
}

export interface Judgement {
  readonly finding?: Pick<Finding, 'kind' | 'position' | 'text'> & {
    readonly id?: string | undefined
    readonly to?: number
  }
  /** Whether the row after it goes on from one of the links in question. */
  readonly goesOn: boolean
}

/**
 * Tells from the row after it what was done at a broken link. `provenBefore`: a checkpoint vouches for the row before it.
 * Rewriting a row with its leaf and its link looks the same as rewriting the next one with its leaf only; then both are named.
 */
export function judgeBrokenLink(
  broken: BrokenLink,
  next: { readonly leaf: Uint8Array; readonly link: Uint8Array } | undefined,
  provenBefore: boolean,
): Judgement {
  const { position, id, before } = broken
  const fits = (link: Uint8Array) => next !== undefined && same(linkOf(link, next.leaf), next.link)
  if (fits(broken.computed)) {
    const text = `The stored link of ${named(id)} was changed; its content is as it was.`
    return { goesOn: true, finding: { kind: 'changed', position, id, text } }
  }
  if (fits(before.link)) {
    const text = `${capital(named(id))} was inserted: the chain goes on without it.`
    return { goesOn: true, finding: { kind: 'inserted', position, id, text } }
  }
  const goesOn = fits(broken.stored)
  if (broken.explained) return { goesOn }
  if (provenBefore) {
    const text = `${capital(named(id))} was rewritten together with its hash.`
    return { goesOn, finding: { kind: 'changed', position, id, text } }
  }
  const text =
    `${capital(named(before.id))} was rewritten together with its hash and link, or ${named(id)} after it together with ` +
    'its hash: the two do not fit together.'
  return { goesOn, finding: { kind: 'changed', position: before.position, to: position, text } }
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Ids come from outside; whoever prints a finding must quote it. */
export function named(id: string | undefined): string {
  return id === undefined ? 'a row without an event' : `event ${id}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
