import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { type Condition, type Group, type Match, OPERATORS, type Operator } from './model'

/** @throws OperatorError `RULE_SHAPE`, `RULE_EMPTY` */
export function decodeRule(written: unknown): { name: string; match: Match; conditions: readonly unknown[] } {
  if (!isRecord(written)) throw new OperatorError('RULE_SHAPE', 'It is no rule.')
  const { name, conditions } = written
  if (name !== undefined && typeof name !== 'string') throw new OperatorError('RULE_SHAPE', 'Its name is no text.')
  return { name: (name ?? '').trim(), match: decodeMatch(written['match']), conditions: decodeConditions(conditions) }
}

export function isGroup(written: unknown): written is Record<string, unknown> {
  return isRecord(written) && 'conditions' in written
}

/** @throws OperatorError `CONDITION_SHAPE`, `RULE_EMPTY` */
export function decodeGroup(written: Record<string, unknown>): Pick<Group, 'match' | 'within'> & {
  conditions: readonly unknown[]
} {
  const { within } = written
  if (within !== undefined && typeof within !== 'string') {
    throw new OperatorError('CONDITION_SHAPE', '"Some element of" is no text.')
  }
  const group = { match: decodeMatch(written['match']), conditions: decodeConditions(written['conditions']) }
  return within === undefined || within.trim() === '' ? group : { ...group, within }
}

/** @throws OperatorError `CONDITION_SHAPE`, `CONDITION_OPERATOR` */
export function decodeCondition(written: unknown): Condition {
  if (!isRecord(written)) throw new OperatorError('CONDITION_SHAPE', 'It is no condition.')
  const { path, op, value } = written
  if (typeof path !== 'string') throw new OperatorError('CONDITION_SHAPE', 'It has no property to look at.')
  if (!(OPERATORS as readonly unknown[]).includes(op)) {
    const shown = typeof op === 'string' ? `"${quote(op, 40)}" is no comparison.` : 'It has no comparison.'
    throw new OperatorError('CONDITION_OPERATOR', shown, { remedy: `Known are ${OPERATORS.join(', ')}.` })
  }
  return {
    path: path.trim(),
    op: op as Operator,
    not: written['not'] === true,
    value: decodeValue(value),
    ignoreCase: written['ignoreCase'] === true,
  }
}

/** Flow files written by hand may hold a number, a boolean or a list. */
function decodeValue(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(decodeValue).join('\n')
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new OperatorError('CONDITION_SHAPE', 'Its value is neither a text nor a list of texts.')
}

function decodeMatch(written: unknown): Match {
  if (written === undefined || written === 'all') return 'all'
  if (written === 'any') return 'any'
  throw new OperatorError('RULE_SHAPE', 'It says neither "all" nor "any" of its conditions.')
}

function decodeConditions(written: unknown): readonly unknown[] {
  if (written !== undefined && !Array.isArray(written))
    throw new OperatorError('RULE_SHAPE', 'Its conditions are no list.')
  if (written === undefined || written.length === 0) {
    throw new OperatorError('RULE_EMPTY', 'It has no condition, so that it would match every message.', {
      remedy: 'Add a condition; for "everything else" tick the output "otherwise".',
    })
  }
  return written
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
