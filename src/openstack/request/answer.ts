import type { HttpResponse } from '../../http/client'

/** A successful answer as a flow gets it. */
export interface ServiceAnswer {
  readonly status: number
  /** Lower-case names; what is secret is left out. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, the text if it is none, null without a body. */
  readonly payload: unknown
}

const SECRET = /^(x-subject-token|x-auth-token|set-cookie|openstack-auth-receipt)$/

export function readAnswer(response: HttpResponse): ServiceAnswer {
  const headers = Object.fromEntries(Object.entries(response.headers).filter(([name]) => !SECRET.test(name)))
  return { status: response.status, headers, payload: payloadOf(response.text) }
}

function payloadOf(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
