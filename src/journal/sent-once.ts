import type { Timers } from '../time/timers'
import type { Journal } from './journal'
import { RecentKeys } from './recent-keys'

const KIND = 'sent'

/**
 * What a node has sent: a message that comes a second time (broker restart, deploy) is not sent again. Only a crash between
 * sending and journalling repeats one.
 */
export class SentOnce {
  readonly #journal: Journal
  readonly #recent: RecentKeys
  readonly #onTrouble: (thrown: unknown) => void
  /** On their way: a second copy that arrives meanwhile waits for the first. */
  readonly #sending = new Map<string, Promise<void>>()

  private constructor(journal: Journal, recent: RecentKeys, onTrouble: (thrown: unknown) => void) {
    this.#journal = journal
    this.#recent = recent
    this.#onTrouble = onTrouble
  }

  /**
   * @param owner the node's id
   * @param onTrouble the journal failed later on: all goes out the same, as one line twice is better than none
   */
  static async load(
    journal: Journal,
    owner: string,
    timers: Timers,
    onTrouble: (thrown: unknown) => void,
  ): Promise<SentOnce> {
    return new SentOnce(journal, await RecentKeys.load({ journal, owner, kind: KIND, timers }), onTrouble)
  }

  /**
   * Sends unless it was sent before, and remembers it.
   * @param send may call `remember` itself, to be sure that it is on disk before it lets the next one go
   * @returns false if the line was sent before
   */
  async once(key: string, send: (remember: () => Promise<void>) => Promise<void>): Promise<boolean> {
    const first = this.#sending.get(key)
    if (first !== undefined) {
      await first
      return false
    }
    if (this.#recent.has(key)) return false
    let remembering: Promise<void> | undefined
    const remember = () => {
      remembering ??= this.#remember(key)
      return remembering
    }
    const sending = send(remember).then(remember)
    this.#sending.set(key, sending)
    try {
      await sending
    } finally {
      this.#sending.delete(key)
    }
    return true
  }

  async #remember(key: string): Promise<void> {
    this.#recent.remembered([key])
    try {
      await this.#journal.write(this.#recent.operations([key]))
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }
}
