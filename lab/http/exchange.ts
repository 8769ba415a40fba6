import type { VendorName } from '../vendors'

/** The HTTP services of the pocket cloud. */
export type LabService = VendorName | 'keystone' | 'neutron' | 'nova' | 'cinder' | 'octavia' | 'qualys' | 'control'

/** A request as it arrived, body read whole. */
export interface LabRequest {
  readonly service: LabService
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  /** Path without the query, as sent. */
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** `http://127.0.0.1:9696`: what absolute links in answers start with. */
  readonly origin: string
  readonly receivedAt: Date
}

export interface LabReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request with the answer it was given; `status` is 0 where the connection was dropped instead. */
export interface RecordedExchange {
  readonly request: LabRequest
  readonly status: number
  /** Name of the fault that was used, if any. */
  readonly fault?: string
}

export type LabHandler = (request: LabRequest) => LabReply | Promise<LabReply>

export function json(status: number, body: unknown, headers: Record<string, string> = {}): LabReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
