import type { Journal } from '../journal/journal'
import type { Timers } from '../time/timers'

const KIND = 'sent'
/** A broker redelivers within minutes; a day covers a weekend-less outage and keeps the journal small. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000
const EXPIRE_EVERY_MS = 10 * 60 * 1000

/**
 * Which lines a node has sent: a message that comes a second time (broker restart, deploy) is not written again. Only a
 * crash between sending and journalling repeats a line.
 */
export class SentLines {
  readonly #journal: Journal
  readonly #owner: string
  readonly #timers: Timers
  readonly #onTrouble: (thrown: unknown) => void
  /** On their way: a second copy that arrives meanwhile waits for the first. */
  readonly #sending = new Map<string, Promise<void>>()
  #expireAt = 0

  /** @param onTrouble the journal failed: lines go out all the same, as one line twice is better than none */
  constructor(journal: Journal, owner: string, timers: Timers, onTrouble: (thrown: unknown) => void) {
    this.#journal = journal
    this.#onTrouble = onTrouble
    this.#owner = owner
    this.#timers = timers
  }

  /**
   * Sends unless it was sent before, and remembers it.
   * @returns false if the line was sent before
   */
  async once(key: string, send: () => Promise<void>): Promise<boolean> {
    const first = this.#sending.get(key)
    if (first !== undefined) {
      await first
      return false
    }
    let sent = false
    const sending = (async () => {
      if (await this.#wasSent(key)) return
      await send()
      sent = true
      await this.#remember(key)
    })()
    this.#sending.set(key, sending)
    try {
      await sending
    } finally {
      this.#sending.delete(key)
    }
    this.#expire()
    return sent
  }

  async #wasSent(key: string): Promise<boolean> {
    try {
      return (await this.#journal.get(this.#owner, KIND, key)) !== undefined
    } catch (thrown) {
      this.#onTrouble(thrown)
      return false
    }
  }

  async #remember(key: string): Promise<void> {
    try {
      await this.#journal.write([{ do: 'put', owner: this.#owner, kind: KIND, key, value: null }])
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }

  #expire(): void {
    const now = this.#timers.now()
    if (now < this.#expireAt) return
    this.#expireAt = now + EXPIRE_EVERY_MS
    const before = new Date(now - REMEMBERED_MS).toISOString()
    this.#journal.write([{ do: 'expire', owner: this.#owner, kind: KIND, before }]).catch(this.#onTrouble)
  }
}
