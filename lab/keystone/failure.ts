import { json, type LabReply } from '../http/exchange'

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
}

const malformed =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. ' +
  'The client is assumed to be in error.'

/** A refusal by Keystone; becomes its `{error: {code, message, title}}` body. */
export class KeystoneFailure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }

  /** `origin`: Keystone's own URL, which a 401 names in `WWW-Authenticate`. */
  reply(origin: string): LabReply {
    return json(
      this.status,
      { error: { code: this.status, message: this.message, title: titles[this.status] ?? 'Error' } },
      this.status === 401 ? { 'www-authenticate': `Keystone uri="${origin}/v3"` } : {},
    )
  }
}

/** Whatever is wrong with a login, Keystone says no more than this. */
export function unauthorized(message = 'The request you have made requires authentication.'): KeystoneFailure {
  return new KeystoneFailure(401, message)
}

export function forbidden(action: string): KeystoneFailure {
  return new KeystoneFailure(403, `You are not authorized to perform the requested action: ${action}.`)
}

export function expecting(attribute: string, target: string): KeystoneFailure {
  return new KeystoneFailure(400, `Expecting to find ${attribute} in ${target}. ${malformed}`)
}
