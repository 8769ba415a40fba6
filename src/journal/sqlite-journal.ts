import { closeSync, openSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OperatorError } from '../errors/operator-error'
import type { Journal, JournalRow } from './journal'
import { readOwner, writeOwner } from './owner-file'
import type { JournalAnswer, JournalRequest } from './worker'

type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never
interface Waiting {
  resolve(result: unknown): void
  reject(error: OperatorError): void
}

/**
 * Opens the journal file, creating it with mode 0600. One process owns it at a time.
 *
 * Rejects with `JOURNAL_NEEDS_NODE` (Node older than 22.13), `JOURNAL_IN_USE` (another runtime owns the file; retryable),
 * `JOURNAL_DAMAGED`, `JOURNAL_UNAVAILABLE` (directory missing or not writable). Calls reject with `JOURNAL_FULL` or
 * `JOURNAL_FAILED`; nothing of a rejected write is stored.
 */
export async function openJournal(path: string, now: () => Date = () => new Date()): Promise<Journal> {
  if (!isBuiltin('node:sqlite')) {
    throw new OperatorError('JOURNAL_NEEDS_NODE', `The journal needs Node 22.13 or newer; this is ${process.version}.`)
  }
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (cause) {
    throw new OperatorError('JOURNAL_UNAVAILABLE', `The journal ${path} cannot be written.`, {
      remedy: 'Check that the Node-RED user directory exists and belongs to the user that runs Node-RED.',
      cause,
    })
  }
  const worker = new Worker(join(__dirname, `worker${extname(__filename)}`), {
    workerData: { path },
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
  })
  worker.unref()
  const journal = new SqliteJournal(worker, path, now)
  await journal.opened
  writeOwner(path, now())
  return journal
}

class SqliteJournal implements Journal {
  readonly opened: Promise<unknown>
  readonly #worker: Worker
  readonly #path: string
  readonly #now: () => Date
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #closing: Promise<void> | undefined
  #ended: OperatorError | undefined

  constructor(worker: Worker, path: string, now: () => Date) {
    this.#worker = worker
    this.#path = path
    this.#now = now
    this.opened = new Promise((resolve, reject) => this.#waiting.set(this.#nextId++, { resolve, reject }))
    worker.ref()
    worker.on('message', (answer: JournalAnswer) => this.#answered(answer))
    worker.on('error', (cause) => this.#end(new OperatorError('JOURNAL_FAILED', 'The journal stopped.', { cause })))
    worker.on('exit', () => this.#end(new OperatorError('JOURNAL_CLOSED', `The journal ${path} is closed.`)))
  }

  get(owner: string, kind: string, key: string): Promise<JournalRow | undefined> {
    return this.#ask<JournalRow | undefined>({ ask: 'get', owner, kind, key })
  }

  list(
    owner: string,
    kind: string,
    options: { keyPrefix?: string; limit?: number; after?: number } = {},
  ): Promise<JournalRow[]> {
    const { keyPrefix = '', limit = -1, after = 0 } = options
    return this.#ask<JournalRow[]>({ ask: 'list', owner, kind, keyPrefix, after, limit })
  }

  count(owner: string, kind: string): Promise<number> {
    return this.#ask<number>({ ask: 'count', owner, kind })
  }

  write(operations: Parameters<Journal['write']>[0]): Promise<boolean[]> {
    return this.#ask<boolean[]>({ ask: 'write', operations, at: this.#now().toISOString() })
  }

  owners(): Promise<{ owner: string; rows: number; oldest: string }[]> {
    return this.#ask({ ask: 'owners' })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#ended !== undefined) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.#ask({ ask: 'close' })
    await exited
  }

  #ask<R>(request: WithoutId<JournalRequest>): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      const id = this.#nextId++
      // Only an answer that is waited for keeps the process alive.
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.#worker.postMessage({ id, ...request })
    })
  }

  #answered(answer: JournalAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    // While it closes nothing else may keep the process alive until the file is let go.
    if (this.#waiting.size === 0 && this.#closing === undefined) this.#worker.unref()
    if (waiting === undefined) return
    if ('error' in answer) waiting.reject(this.#errorFor(answer.error))
    else waiting.resolve(answer.result)
  }

  #end(error: OperatorError): void {
    this.#ended ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended)
    this.#waiting.clear()
  }

  #errorFor(error: { code: string; message: string }): OperatorError {
    const path = this.#path
    switch (error.code) {
      case 'NO_SQLITE':
        return new OperatorError(
          'JOURNAL_NEEDS_NODE',
          `The journal needs Node 22.13 or newer; this is ${process.version}.`,
        )
      case 'BUSY':
        return new OperatorError('JOURNAL_IN_USE', `The journal ${path} is in use by ${readOwner(path)}.`, {
          remedy: 'Give each Node-RED a user directory of its own.',
          retryable: true,
        })
      case 'DAMAGED':
        return new OperatorError('JOURNAL_DAMAGED', `The journal ${path} is damaged: ${error.message}.`, {
          remedy: 'Move the file away to start with an empty one; open batches and scans in it are then unknown.',
        })
      case 'FULL':
        return new OperatorError('JOURNAL_FULL', `No space left for the journal ${path}.`, { retryable: true })
      default:
        return new OperatorError('JOURNAL_FAILED', `The journal ${path} failed: ${error.message}.`, { retryable: true })
    }
  }
}
