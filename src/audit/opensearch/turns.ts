/** One after the other: what changes a chain goes in turns. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs when everything before it has ended, however it ended. */
  take<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task, task)
    this.#last = run.catch(() => {})
    return run
  }

  /** When everything so far has ended. */
  idle(): Promise<unknown> {
    return this.#last
  }
}
