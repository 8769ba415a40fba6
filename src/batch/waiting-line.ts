import type { OperatorError } from '../errors/operator-error'

/** `known`: the message is in a batch already, or was in one lately; `withdrawn`: its delivery was taken back while it waited. */
export type Added = 'taken' | 'known' | 'withdrawn'

/** What a caller that can wait for room brings along. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined
  /** Called when it has to wait. */
  readonly onWait: () => void
}

interface Waiter {
  readonly messageId: string
  go(): void
  end(error?: OperatorError): void
}

/** Members that wait for room, in order of arrival. */
export class WaitingLine {
  #waiters: Waiter[] = []

  get length(): number {
    return this.#waiters.length
  }

  /** Resolves as `take` does, which is called when it is this member's turn. */
  join(messageId: string, take: () => Promise<Added>, signal: AbortSignal | undefined): Promise<Added> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        messageId,
        go: () => take().then(resolve, reject),
        end: (error) => (error === undefined ? resolve('withdrawn') : reject(error)),
      }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', () => this.#withdraw(waiter), { once: true })
    })
  }

  /** Takes from the front for as long as there is room. */
  admit(fits: (messageId: string) => boolean): void {
    for (let [next] = this.#waiters; next !== undefined && fits(next.messageId); [next] = this.#waiters) {
      this.#waiters.shift()
      next.go()
    }
  }

  refuseAll(error: OperatorError): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.end(error)
  }

  #withdraw(waiter: Waiter): void {
    if (!this.#waiters.includes(waiter)) return
    this.#waiters = this.#waiters.filter((other) => other !== waiter)
    waiter.end()
  }
}
