/** What passes in one step at most, ms of the day: nothing is to happen all at once because the machine stood still. */
const LONGEST_STEP_MS = 60_000
/** What passes while a process starts. */
const WHILE_STARTING_MS = 300_000

/**
 * The time of the day, by which things happen. It goes with the fast clock, but waits for a process that takes long to start, so
 * that on a slow machine the day becomes longer and not emptier.
 */
export class DayTime {
  /** ms since the day began. */
  at = 0
  #last: number
  #starting = 0

  constructor(now: number) {
    this.#last = now
  }

  /**
   * @param now ms, of the fast clock
   * @param isAtWork the process that polls has polled since its start
   */
  pass(now: number, isAtWork: boolean): void {
    const step = Math.min(LONGEST_STEP_MS, now - this.#last)
    this.#last = now
    if (isAtWork) this.#starting = 0
    const passed = isAtWork ? step : Math.min(step, WHILE_STARTING_MS - this.#starting)
    if (!isAtWork) this.#starting += passed
    this.at += passed
  }
}
