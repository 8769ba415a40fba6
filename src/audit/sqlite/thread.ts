import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OperatorError } from '../../errors/operator-error'
import type { ReaderData, WriterData } from './calls'
import type { Failure } from './failure'

export interface Asked {
  readonly id: number
  readonly ask: string
  readonly with: readonly unknown[]
}

export type Answered =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }

/** The first answer of a thread: it has opened the file. */
export const OPENING = 0

interface Waiting {
  resolve(result: unknown): void
  reject(error: OperatorError): void
}

// biome-ignore lint/suspicious/noExplicitAny: any list of parameters; each call's own are checked where it is made.
type Calls<C> = { [K in keyof C]: (...parameters: any[]) => unknown }

/** A worker thread that answers questions. */
export class Thread<C extends Calls<C>> {
  readonly opened: Promise<unknown>
  readonly #worker: Worker
  readonly #errorOf: (failure: Failure) => OperatorError
  readonly #waiting = new Map<number, Waiting>()
  #nextId = OPENING
  #closing = false
  #ended: OperatorError | undefined

  constructor(data: WriterData | ReaderData, errorOf: (failure: Failure) => OperatorError) {
    this.#errorOf = errorOf
    const extension = extname(__filename)
    const fromSource = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : []
    this.#worker = new Worker(join(__dirname, `worker${extension}`), {
      workerData: data,
      execArgv: ['--disable-warning=ExperimentalWarning', ...fromSource],
    })
    this.opened = new Promise((resolve, reject) => this.#waiting.set(this.#nextId++, { resolve, reject }))
    this.#worker.on('message', (answer: Answered) => this.#answered(answer))
    this.#worker.on('error', (cause) => {
      this.#end(
        new OperatorError('AUDIT_STORE_AWAY', 'A thread of the audit store stopped.', { cause, retryable: true }),
      )
    })
    this.#worker.on('exit', () => this.#end(closed()))
  }

  get ended(): OperatorError | undefined {
    return this.#ended
  }

  ask<K extends keyof C & string>(ask: K, ...parameters: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      const id = this.#nextId++
      // Only an answer that is waited for keeps the process alive.
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.#worker.postMessage({ id, ask, with: parameters } satisfies Asked)
    })
  }

  /** Resolves when the thread is gone. Every call after that, and none before, is rejected. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    // Nothing else may keep the process alive until the file is let go.
    this.#closing = true
    await this.ask('close' as keyof C & string, ...([] as unknown as Parameters<C[keyof C & string]>))
    await exited
  }

  #answered(answer: Answered): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref()
    if (waiting === undefined) return
    if ('failure' in answer) waiting.reject(this.#errorOf(answer.failure))
    else waiting.resolve(answer.result)
  }

  #end(error: OperatorError): void {
    this.#ended ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended)
    this.#waiting.clear()
  }
}

export function closed(): OperatorError {
  return new OperatorError('AUDIT_STORE_CLOSED', 'The audit store is closed.')
}
