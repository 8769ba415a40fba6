/** The pocket cloud's own time: the machine's, plus what a test has wound it forward by. Tokens expire and scans end by it. */
export interface LabClock {
  now(): Date
  /** Winds the clock forward. It cannot go back: the real services' clocks do not either. */
  advance(milliseconds: number): void
}

export function labClock(machine: () => number = Date.now): LabClock {
  let offset = 0
  return {
    now: () => new Date(machine() + offset),
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('The clock of the pocket cloud only goes forward.')
      offset += milliseconds
    },
  }
}

/** `2026-11-21T06:51:16Z`, as Neutron and Qualys write times. */
export function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** `2026-11-21T07:54:10.000000Z`, as Keystone writes times. */
export function isoMicroseconds(date: Date): string {
  return `${date.toISOString().slice(0, 23)}000Z`
}
