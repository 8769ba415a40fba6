import { OperatorError } from '../errors/operator-error'

/** What a caller wants with its line. */
export interface LineOptions {
  /** Fires when the delivery is taken back: the copy held here is dropped. */
  readonly signal?: AbortSignal | undefined
  /** Called right before the bytes are handed on, at most once. */
  readonly begin?: (() => void) | undefined
}

export interface HeldLine {
  readonly bytes: Buffer
  readonly options: LineOptions
  readonly onAbort: (() => void) | undefined
  begun: boolean
  settled: boolean
  resolve(): void
  reject(error: OperatorError): void
}

export interface OutboxLimits {
  readonly lines: number
  readonly bytes: number
}

/** Lines that wait for a transport, in order and bounded; those handed on come back to the front if it broke. */
export class Outbox {
  readonly #limits: OutboxLimits
  #queue: HeldLine[] = []
  #head = 0
  #lines = 0
  #bytes = 0

  constructor(limits: OutboxLimits) {
    this.#limits = limits
  }

  /** Lines not confirmed yet, those on their way included. */
  get held(): number {
    return this.#lines
  }

  get isEmpty(): boolean {
    return this.#head >= this.#queue.length
  }

  /**
   * Resolves when the line was confirmed.
   * Rejects with SYSLOG_FULL at once when the bound is reached, with SYSLOG_TAKEN_BACK when its signal fires first.
   */
  put(bytes: Buffer, options: LineOptions): Promise<void> {
    // One line is always taken, however long.
    if (this.#lines >= this.#limits.lines || (this.#lines > 0 && this.#bytes + bytes.length > this.#limits.bytes)) {
      return Promise.reject(
        new OperatorError('SYSLOG_FULL', `${this.#lines} lines are already held for the syslog server.`, {
          remedy: 'Mend the server or its network, or raise the bound.',
          retryable: true,
        }),
      )
    }
    if (options.signal?.aborted) return Promise.reject(takenBack())
    return new Promise<void>((resolve, reject) => {
      const line: HeldLine = {
        bytes,
        options,
        onAbort: options.signal === undefined ? undefined : () => this.#settle(line, takenBack()),
        begun: false,
        settled: false,
        resolve,
        reject,
      }
      if (line.onAbort !== undefined) options.signal?.addEventListener('abort', line.onAbort, { once: true })
      this.#lines += 1
      this.#bytes += bytes.length
      this.#queue.push(line)
    })
  }

  /** The next lines in order, at least one if there is any and otherwise up to `maxBytes`; their effect begins now. */
  take(maxBytes: number, maxLines = Number.POSITIVE_INFINITY): HeldLine[] {
    const taken: HeldLine[] = []
    let bytes = 0
    while (this.#head < this.#queue.length && taken.length < maxLines) {
      const line = this.#queue[this.#head] as HeldLine
      if (!line.settled) {
        if (taken.length > 0 && bytes + line.bytes.length > maxBytes) break
        bytes += line.bytes.length
        taken.push(line)
        if (!line.begun) {
          line.begun = true
          line.options.begin?.()
        }
      }
      this.#head += 1
    }
    if (this.#head >= this.#queue.length) {
      this.#queue = []
      this.#head = 0
    } else if (this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return taken
  }

  confirm(lines: readonly HeldLine[]): void {
    for (const line of lines) this.#settle(line, undefined)
  }

  fail(lines: readonly HeldLine[], error: OperatorError): void {
    for (const line of lines) this.#settle(line, error)
  }

  /** The transport broke: these are the next again. */
  putBack(lines: readonly HeldLine[]): void {
    this.#queue = [...lines.filter((line) => !line.settled), ...this.#queue.slice(this.#head)]
    this.#head = 0
  }

  /** Rejects whatever still waits in the queue. */
  failAll(error: OperatorError): void {
    const waiting = this.#queue.slice(this.#head)
    this.#queue = []
    this.#head = 0
    this.fail(waiting, error)
  }

  #settle(line: HeldLine, error: OperatorError | undefined): void {
    if (line.settled) return
    line.settled = true
    this.#lines -= 1
    this.#bytes -= line.bytes.length
    if (line.onAbort !== undefined) line.options.signal?.removeEventListener('abort', line.onAbort)
    if (error === undefined) line.resolve()
    else line.reject(error)
  }
}

function takenBack(): OperatorError {
  return new OperatorError('SYSLOG_TAKEN_BACK', 'The message was taken back before the syslog server took it.', {
    retryable: true,
  })
}
