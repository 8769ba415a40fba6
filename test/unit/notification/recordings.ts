import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One recorded AMQP message. */
export interface Recorded {
  readonly exchange: string
  readonly routingKey: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly body: string
}

export const recordings = join(__dirname, '../../fixtures/recordings')

/** Every message of one recording, in order of arrival. */
export function recorded(file: string): Recorded[] {
  return readFileSync(join(recordings, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded)
}

/** Every message of every recording. */
export function* recordedMessages(): Generator<{ file: string; record: Recorded }> {
  for (const file of readdirSync(recordings).filter((name) => name.endsWith('.jsonl'))) {
    for (const record of recorded(file)) yield { file, record }
  }
}
