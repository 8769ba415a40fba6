import { isKnown } from '../cadf/identity'

/**
 * The key of a message: the values at the paths, e.g. of `event.initiator.project_id`. A value that is missing, or a
 * word such as `unknown` that stands for what the source lacked, counts as empty: it tells nobody apart.
 */
export function batchKey(message: object, paths: readonly string[]): string {
  return paths.map((path) => shown(valueAt(message, path))).join(' ')
}

function valueAt(message: object, path: string): unknown {
  let value: unknown = message
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return isKnown(value) ? value : ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
