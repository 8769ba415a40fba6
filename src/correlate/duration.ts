import type { BatchMember } from '../message/model'

/**
 * How long a call took. The two events of a call have the same time, that of its arrival; when it was answered stands in the
 * reporter chain of the response. Where it does not, the times of the two notifications tell.
 */
export function durationMs(request: BatchMember | undefined, response: BatchMember | undefined): number | undefined {
  if (response === undefined) return undefined
  const answered = reporterTime(response)
  const took =
    answered === undefined
      ? between(request?.notification?.timestamp, response.notification?.timestamp)
      : between(response.event.eventTime, answered)
  return took !== undefined && took >= 0 ? took : undefined
}

function reporterTime({ event }: BatchMember): string | undefined {
  const step: unknown = Array.isArray(event.reporterchain) ? event.reporterchain.at(-1) : undefined
  if (typeof step !== 'object' || step === null) return undefined
  const time = (step as Record<string, unknown>)['reporterTime']
  return typeof time === 'string' ? time : undefined
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined
  const microseconds = microsecondsOf(to) - microsecondsOf(from)
  return Number.isNaN(microseconds) ? undefined : microseconds / 1000
}

/** `Date` knows milliseconds only, and many calls take few of them. */
function microsecondsOf(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? ''
  const seconds = Date.parse(time.replace(/\.\d+/, ''))
  return seconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}
