import type { CodePointSet } from './code-point-set'

/** A regular expression as read. Groups have no node: without back-references a group only brackets. */
export type Expression =
  | { readonly kind: 'set'; readonly set: CodePointSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }

/** `^`, `$`, `\b`, `\B`; the values are bits of a mask of assertions that must hold at one place. */
export const ASSERTION = { start: 1, end: 2, wordBoundary: 4, noWordBoundary: 8 } as const
export type Assertion = (typeof ASSERTION)[keyof typeof ASSERTION]

export interface Flags {
  readonly ignoreCase: boolean
  /** The dot also matches line ends (`s`). */
  readonly dotAll: boolean
}
