import type { Journal } from '../journal/journal'
import type { ChannelMemory } from './channel'

const KIND = 'channel'
const KEPT_MS = 30 * 86_400_000

/**
 * A channel is opened before the journal is: until {@link keepIn} nothing is asked of it, as nothing is sent; a test button never
 * comes that far and remembers nothing.
 */
export class JournalMemory implements ChannelMemory {
  readonly #now: () => number
  /** What is in no journal: there is none, or it failed. `undefined`: forgotten. */
  readonly #unwritten = new Map<string, unknown>()
  #journal: Journal | undefined
  #owner = ''
  #onTrouble: (thrown: unknown) => void = () => {}

  /** @param now ms since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @param owner the node's id */
  keepIn(journal: Journal, owner: string, onTrouble: (thrown: unknown) => void): void {
    this.#journal = journal
    this.#owner = owner
    this.#onTrouble = onTrouble
  }

  async get(key: string): Promise<unknown> {
    if (this.#unwritten.has(key)) return this.#unwritten.get(key)
    try {
      return (await this.#journal?.get(this.#owner, KIND, key))?.value
    } catch (thrown) {
      this.#onTrouble(thrown)
      return undefined
    }
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.#write(key, value)
  }

  async forget(key: string): Promise<void> {
    await this.#write(key, undefined)
  }

  async #write(key: string, value: unknown): Promise<void> {
    this.#unwritten.set(key, value)
    if (this.#journal === undefined) return
    const row = { owner: this.#owner, kind: KIND, key }
    const before = new Date(this.#now() - KEPT_MS).toISOString()
    try {
      await this.#journal.write([
        value === undefined ? { do: 'delete', ...row } : { do: 'put', ...row, value },
        { do: 'expire', owner: this.#owner, kind: KIND, before },
      ])
      this.#unwritten.delete(key)
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }
}
