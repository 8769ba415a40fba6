import type { LabReply } from '../http/exchange'
import { simpleReturn, xmlReply } from './xml'

/** A refusal by Qualys: a code and a text, with the HTTP status that goes with the code. */
export class QualysFailure extends Error {
  readonly code: string
  readonly status: number
  readonly items: Readonly<Record<string, string | number>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    text: string,
    options: { status?: number; items?: Record<string, string | number>; headers?: Record<string, string> } = {},
  ) {
    super(text)
    this.code = code
    this.status = options.status ?? refusals[code]?.status ?? 400
    this.items = options.items ?? {}
    this.headers = options.headers ?? {}
  }

  reply(at: Date): LabReply {
    const body = simpleReturn({ at, code: this.code, text: this.message, items: this.items })
    return xmlReply(this.status, body, { ...this.headers })
  }
}

/** Every code of the published table, each with a text of its kind; the statuses are as uneven as in the table. */
export const refusals: Readonly<Record<string, { readonly status: number; readonly text: string }>> = {
  999: { status: 500, text: 'Internal error. Please contact customer support.' },
  1901: { status: 400, text: 'Unrecognized parameter(s): no_such_parameter' },
  1903: { status: 400, text: 'Missing required parameter(s): scan_ref' },
  1904: { status: 400, text: 'Please specify only one of these parameters: option_id, option_title' },
  1905: { status: 400, text: 'parameter option_title has invalid value: Nightly (Option profile does not exist)' },
  1907: {
    status: 400,
    text: 'The following combination of key=value pairs is not supported: action=launch, scan_ref=scan/1.1',
  },
  1908: {
    status: 400,
    text: 'Request method (GET or POST) is incompatible with specified parameter(s): action=launch',
  },
  1920: { status: 409, text: 'The requested operation is blocked by one or more existing Business Objects' },
  1922: {
    status: 400,
    text: 'Please specify at least one of the following parameters: ip, asset_groups, asset_group_ids, fqdn',
  },
  1960: { status: 409, text: 'This API cannot be run again until 1 currently running instance has finished.' },
  1965: { status: 409, text: ' This API may not run for 3 minutes and 1 second. ' },
  1981: {
    status: 409,
    text: 'Your request is still being processed. Please try again later with the same parameters.',
  },
  1999: { status: 503, text: 'We are performing scheduled maintenance on our system. Please try again later.' },
  2000: { status: 401, text: 'Bad Login/Password' },
  2002: { status: 401, text: 'User account is inactive.' },
  2003: { status: 403, text: 'Registration must be completed before API requests will be served for this account' },
  2011: { status: 403, text: 'SecureID authentication is required for this account, so API access is blocked' },
  2012: { status: 403, text: 'User license is not authorized to run this API.' },
  2014: { status: 409, text: 'Too many concurrent login(s)' },
}
