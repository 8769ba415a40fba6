import type { Attribute } from '../attributes'
import { hashOf } from './hash'

/** Events of a segment, by their numbers. */
export const SEGMENT = 16_384

export function segmentOf(seq: number): number {
  return Math.floor(seq / SEGMENT)
}

/** Under what an event is looked up: its own id, the id of its message, the exact value of an attribute. */
export type LookedUp = 'event' | 'message' | Attribute

/** The hash under which the lookup table holds it. */
export function lookupHash(salt: number, what: LookedUp, text: string): number {
  return hashOf(text, salt ^ hashOf(what, 1))
}
