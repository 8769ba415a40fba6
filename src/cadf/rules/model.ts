import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/**
 * A rule as the dialog stores it in the flow file. Short member names, as every rule is written there.
 * What the parts mean to a user: docs/filter.md.
 */
export interface Rule {
  readonly name: string
  readonly match: Match
  readonly conditions: readonly (Condition | Group)[]
}

/** `all`: every condition must hold; `any`: one is enough. */
export type Match = 'all' | 'any'

export interface Condition {
  /** e.g. `event.initiator.host.address`; with a leading dot relative to the element of the group's `within`. */
  readonly path: string
  readonly op: Operator
  readonly not: boolean
  /** Several values (`one-of`, `wildcard`, `in-network`, `opt-out`) stand one to a line. */
  readonly value: string
  readonly ignoreCase: boolean
}

/** Conditions in brackets; with `within` they must hold together for one element of what its paths lead to. */
export interface Group {
  readonly match: Match
  /** One or more paths, separated by commas, e.g. `payload.security_group_rule, payload.security_group_rules.*`. */
  readonly within?: string
  readonly conditions: readonly Condition[]
}

export const OPERATORS = [
  'equals',
  'one-of',
  'wildcard',
  'regexp',
  'exists',
  'in-network',
  'lt',
  'lte',
  'gt',
  'gte',
  'at-least',
  'valid-cadf',
  'opt-out',
] as const
export type Operator = (typeof OPERATORS)[number]

/** A fault in the rules, with the place where it is; places count from 1 as the dialog shows them. */
export class RuleProblem extends OperatorError {
  override readonly name = 'RuleProblem'
  readonly rule: number | undefined
  /** `2`, or `2.1` for the first condition of a group. */
  readonly condition: string | undefined
  /** The fault without the place. */
  readonly detail: string

  constructor(cause: OperatorError, place: { rule?: number; name?: string; condition?: string } = {}) {
    const named = place.name === undefined || place.name === '' ? '' : ` "${quote(place.name, 60)}"`
    const rule = place.rule === undefined ? '' : `Rule ${place.rule}${named}`
    const condition = place.condition === undefined ? '' : `, condition ${place.condition}`
    super(cause.code, rule === '' ? cause.message : `${rule}${condition}: ${cause.message}`, { cause })
    this.detail = cause.message
    this.rule = place.rule
    this.condition = place.condition
  }
}
