/** Where a source's few words for the log go. */
export interface Log {
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}

/** Logs a state once when it begins; as long as it only repeats itself it is counted, and the count is told with the next. */
export class StateLog {
  readonly #log: Log
  #state = ''
  #repeats = 0

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * @param state what makes two occurrences the same, e.g. an error code
   */
  enter(state: string, level: keyof Log, text: string): void {
    if (state === this.#state) {
      this.#repeats += 1
      return
    }
    const before = this.#repeats === 0 ? '' : ` (before that, the same ${this.#repeats + 1} times)`
    this.#state = state
    this.#repeats = 0
    this.#log[level](`${text}${before}`)
  }
}
