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
  // A reader starts while the writer still makes the tables; it opens them when it is first asked.
  const serve = data.role === 'writer' ? always(writerCalls(data)) : once(() => readerCalls(data))
  port.on('message', async ({ id, ask, with: parameters }: Asked) => {
    try {
      const calls: Partial<Record<string, unknown>> = { ...serve().calls }
      const call = calls[ask] as (...parameters: readonly unknown[]) => unknown
      send({ id, result: await call(...parameters) })
    } catch (thrown) {
      send({ id, failure: failureOf(thrown) })
    }
    if (ask === 'close') port.close()
  })
  send({ id: OPENING, result: data.role === 'writer' ? serve().opened : undefined })
} catch (thrown) {
  send({ id: OPENING, failure: failureOf(thrown) })
  port.close()
}

function always<T>(value: T): () => T {
  return () => value
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
