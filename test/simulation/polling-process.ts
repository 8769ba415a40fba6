import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for'
import type { WorkerNews, WorkerRequest, WorkerTask } from './day-terms'

const NONE: WorkerNews = { open: 0, polling: false, closing: undefined }

/** The process that polls, whichever it is at the moment. */
export class PollingProcess {
  readonly #task: WorkerTask
  readonly #log: (text: string) => void
  #child: ChildProcess | undefined
  #starts = 0
  news = NONE

  constructor(task: WorkerTask, log: (text: string) => void) {
    this.#task = task
    this.#log = log
  }

  start(): void {
    this.news = NONE
    const task: WorkerTask = { ...this.#task, seed: this.#task.seed + this.#starts }
    this.#starts += 1
    const child = fork(join(__dirname, 'day-worker.ts'), [JSON.stringify(task)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    child.on('message', (news) => {
      if (child === this.#child) this.news = news as WorkerNews
    })
    child.stderr?.on('data', (chunk: Buffer) => this.#log(chunk.toString().trimEnd()))
    this.#child = child
  }

  /** It has polled, or tried to, since it was started. */
  get isAtWork(): boolean {
    return this.news !== NONE
  }

  async isPolling(): Promise<void> {
    await waitFor('the worker to poll', () => this.news.polling, { timeoutMs: 60_000 })
  }

  /** Flows end and begin in the process that goes on. */
  deploy(): void {
    const request: WorkerRequest = 'deploy'
    // One that is still starting hears of it when it listens; one that has ended does not.
    if (this.#child?.connected === true) this.#child.send(request)
  }

  /** Resolves when it is gone. */
  async end(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(how)
    await ended
  }
}
