import { json, type LabReply } from '../http/exchange'

/** A refusal by Neutron; becomes its `{NeutronError: {type, message, detail}}` body. */
export class NeutronFailure extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }

  reply(): LabReply {
    return json(this.status, { NeutronError: { type: this.type, message: this.message, detail: '' } })
  }
}

/** What the API layer itself refuses: attributes, filters, bodies. */
export function badRequest(message: string): NeutronFailure {
  return new NeutronFailure(400, 'HTTPBadRequest', message)
}

export function disallowedByPolicy(rule: string): NeutronFailure {
  return new NeutronFailure(403, 'PolicyNotAuthorized', `${rule} is disallowed by policy`)
}

/** From the authentication middleware in front of Neutron, hence another shape. */
export function unauthorized(keystoneOrigin: string): LabReply {
  return json(
    401,
    { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
    { 'www-authenticate': `Keystone uri="${keystoneOrigin}"` },
  )
}
