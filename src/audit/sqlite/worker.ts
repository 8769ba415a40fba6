/**
 * A thread of the store: the one that writes, or one that reads. SQLite's calls are synchronous, and a commit waits for the disk;
 * on Node-RED's own thread every flow would wait with it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { ReaderData, WriterData } from './calls'
import { failureOf } from './failure'
import { readerCalls } from './reader-thread'
import { type Answered, type Asked, OPENING } from './thread'
import { writerCalls } from './writer-thread'

const port = parentPort
if (port === null) throw new Error('The audit store runs in worker threads only.')

const send = (answer: Answered) => port.postMessage(answer)

try {
  const data = workerData as WriterData | ReaderData
  const { calls, opened } = data.role === 'writer' ? writerCalls(data) : readerCalls(data)
  port.on('message', async ({ id, ask, with: parameters }: Asked) => {
    try {
      const call = calls[ask as keyof typeof calls] as (...parameters: readonly unknown[]) => unknown
      send({ id, result: await call(...parameters) })
    } catch (thrown) {
      send({ id, failure: failureOf(thrown) })
    }
    if (ask === 'close') port.close()
  })
  send({ id: OPENING, result: opened })
} catch (thrown) {
  send({ id: OPENING, failure: failureOf(thrown) })
  port.close()
}
