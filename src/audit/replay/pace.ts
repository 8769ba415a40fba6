/** How fast stored events are sent again. */
export type Pace =
  | { readonly kind: 'rate'; readonly perSecond: number }
  /** So many times as fast as they happened. */
  | { readonly kind: 'original'; readonly times: number }
  /** As fast as the flow takes them. */
  | { readonly kind: 'free' }

/** Who was held up does not run after it for longer than this, ms. */
const MOST_BEHIND = 1000

/** When the next event is due. */
export class Pacer {
  readonly #pace: Pace
  #due: number | undefined
  #last = 0

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /**
   * @param time of the event, µs since 1970
   * @param now ms
   * @returns ms to wait
   */
  wait(time: number, now: number): number {
    const gap = this.#due === undefined ? 0 : this.#gap(time)
    this.#due = Math.max((this.#due ?? now) + gap, now - MOST_BEHIND)
    this.#last = time
    return Math.max(0, this.#due - now)
  }

  /** After a pause what was held up goes at once, and the next one keeps its distance to that. */
  restart(now: number): void {
    if (this.#due !== undefined) this.#due = Math.max(this.#due, now)
  }

  #gap(time: number): number {
    const pace = this.#pace
    if (pace.kind === 'free') return 0
    if (pace.kind === 'rate') return 1000 / pace.perSecond
    return Math.max(0, time - this.#last) / 1000 / pace.times
  }
}
