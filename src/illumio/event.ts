import { createHash } from 'node:crypto'

/** An event as the PCE gives it; the API is called experimental, so nothing beyond an object is relied upon. */
export type PceEvent = Readonly<Record<string, unknown>>

/** By which an event is known, and when it happened. */
export interface EventMark {
  /** The event's href; where it lacks one, a hash of its content. */
  readonly key: string
  /** ms since 1970. */
  readonly time: number
}

/** Undefined for what is no event: not an object, or without a time that can be read. */
export function markOf(event: unknown): EventMark | undefined {
  if (!isFields(event)) return undefined
  const time = typeof event['timestamp'] === 'string' ? Date.parse(event['timestamp']) : Number.NaN
  if (Number.isNaN(time)) return undefined
  const href = event['href']
  if (typeof href === 'string' && href !== '') return { key: href, time }
  return { key: `sha256:${createHash('sha256').update(canonical(event)).digest('hex').slice(0, 32)}`, time }
}

export function isFields(value: unknown): value is PceEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By time, and by key where times are the same: the PCE promises no order. */
export function byTime(a: EventMark, b: EventMark): number {
  return a.time - b.time || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isFields(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}
