import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

const PLACEHOLDER = /\{([\w$-]+(?:\.[\w$-]+)*)\}/g

/**
 * Fills `{event.target.id}` and the like in from the message, escaped, so that what an event says can neither add a segment to a path
 * nor a parameter to a query.
 * @throws REQUEST_PLACEHOLDER if the message has no such text or number
 */
export function filled(template: string, message: object): string {
  return template.replace(PLACEHOLDER, (_, dotted: string) => encodeURIComponent(valueAt(message, dotted)))
}

function valueAt(message: object, dotted: string): string {
  let value: unknown = message
  for (const name of dotted.split('.')) {
    const holder: unknown = value
    value =
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
        ? (holder as Record<string, unknown>)[name]
        : undefined
  }
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value)
  throw new OperatorError('REQUEST_PLACEHOLDER', `The message has no text or number at msg.${quote(dotted, 120)}.`, {
    remedy: 'Check the name between braces in the path or query, and what arrives at the node.',
  })
}
