import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(__dirname, '../fixtures/recordings')

/** A notification of the recorded Neutron run, envelope opened. */
export interface RecordedMessage {
  readonly event_type: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly _context_user_name: string
  readonly [field: string]: unknown
}

export interface RecordedLine {
  readonly exchange: string
  readonly routingKey: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly body: string
}

export function recordedLines(): RecordedLine[] {
  const text = readFileSync(join(folder, 'neutron.jsonl'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine)
}

export function openEnvelope(body: string): RecordedMessage {
  return JSON.parse((JSON.parse(body) as { 'oslo.message': string })['oslo.message']) as RecordedMessage
}

/** A recorded REST exchange. */
export interface RecordedExchange {
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown }
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export function recordedExchange(name: string): RecordedExchange {
  return JSON.parse(readFileSync(join(folder, 'rest', `${name}.json`), 'utf8')) as RecordedExchange
}
