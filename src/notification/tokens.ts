import { OperatorError } from '../errors/operator-error'

const TOKEN_NAME = /^(_context_)?(x[-_])?(auth|subject|service|service_user|user|admin)[-_]token(_info)?$/i

/**
 * Python's own JSON writer gives up at about a thousand levels. Deeper ones cannot be written as JSON again, nor cloned by
 * Node-RED, without overflowing the stack.
 */
const DEEPEST = 1000

/**
 * A payload without the tokens in it: members called `auth_token`, `X-Auth-Token` and the like wherever they are, and the
 * `token` of a CADF credential, which producers mask only in part. Changes the payload in place; it was parsed just now
 * and nobody else holds it.
 * @throws OperatorError `ENVELOPE_SHAPE` if it is nested too deeply
 */
export function withoutTokens(payload: unknown): unknown {
  strip(payload, 0)
  return payload
}

function strip(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > DEEPEST) {
    throw new OperatorError('ENVELOPE_SHAPE', `The payload is nested in more than ${DEEPEST} levels.`, {
      remedy: 'No OpenStack service writes this; find out who publishes here.',
    })
  }
  if (Array.isArray(value)) {
    for (const member of value) if (typeof member === 'object') strip(member, depth + 1)
    return
  }
  const object = value as Record<string, unknown>
  for (const name in object) {
    const member = object[name]
    if (name === 'credential') {
      const kept = credentialWithoutToken(member)
      object[name] = kept
      strip(kept, depth + 1)
    } else if (hasTokenName(name)) delete object[name]
    else if (typeof member === 'object') strip(member, depth + 1)
  }
}

/** Whether a member of this name holds a token. */
export function hasTokenName(name: string): boolean {
  // Most names are ruled out by their length or by a letter before the expression has to look.
  if (name.length < 9 || name.length > 40) return false
  return TOKEN_NAME.test(name)
}

function credentialWithoutToken(credential: unknown): unknown {
  if (typeof credential !== 'object' || credential === null || Array.isArray(credential)) return credential
  if (!('token' in credential)) return credential
  const { token: _token, ...rest } = credential
  return rest
}
