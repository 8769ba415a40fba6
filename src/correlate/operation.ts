import { expectsNotification, type Facet } from './facet'

/** The messages of one request, as far as they are here. Only what counts for joining lives in memory. */
export class Operation {
  /** Key of its batch. */
  readonly id: string
  readonly keys = new Set<string>()
  readonly #facets = new Map<string, Facet>()

  constructor(id: string) {
    this.id = id
  }

  add(messageId: string, facet: Facet): void {
    this.#facets.set(messageId, facet)
    for (const key of facet.keys) this.keys.add(key)
  }

  remove(messageId: string): void {
    this.#facets.delete(messageId)
  }

  takeOver(other: Operation): void {
    for (const [messageId, facet] of other.#facets) this.add(messageId, facet)
  }

  get isEmpty(): boolean {
    return this.#facets.size === 0
  }

  /**
   * Whether nothing more is expected.
   * @param notifications whether the service's own notifications belong to it
   * @param called whether its audited call has left already
   */
  isComplete(notifications: boolean, called: boolean): boolean {
    const facets = [...this.#facets.values()]
    const happened = facets.some(({ role }) => role === 'notification')
    if (called && happened) return true
    const response = facets.find(({ role }) => role === 'response')
    if (response === undefined || !facets.some(({ role }) => role === 'request')) return false
    return happened || !notifications || !expectsNotification(response)
  }
}
