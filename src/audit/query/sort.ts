import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { SortKey } from '../model'
import { sortAttribute } from './names'

const LONGEST = 1000

/**
 * Understands Hermes' `sort` parameter: `key[:asc|:desc]` in a comma-separated list, ascending where nothing is said. Of a key
 * that is there twice the first counts. Empty: newest first, which engines append in any case.
 * @throws OperatorError `AUDIT_BAD_SORT`
 */
export function parseSort(text: string): readonly SortKey[] {
  if (text.trim() === '') return []
  if (text.length > LONGEST) throw bad('is too long')
  const keys = new Map<SortKey['by'], SortKey>()
  for (const element of text.split(',')) {
    const [name = '', direction = 'asc', ...more] = element.trim().split(':')
    if (name === '') throw bad('has an empty element')
    const by = sortAttribute(name)
    if (by === undefined) throw bad(`has no key ${quote(name, 60)}`)
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      throw bad(`has ${quote(element, 60)}, whose direction is neither asc nor desc`)
    }
    if (!keys.has(by)) keys.set(by, { by, descending: direction === 'desc' })
  }
  return [...keys.values()]
}

function bad(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_SORT', `The sort order ${what}.`, {
    remedy:
      'Keys are time, observer_type, target_type, target_id, initiator_id, initiator_type, initiator_name, action, outcome and request_path, each with :asc or :desc where wanted, separated by commas.',
  })
}
