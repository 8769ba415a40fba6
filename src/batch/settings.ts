import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { BatchPolicy } from './model'

export interface BatchSettings {
  readonly policy: BatchPolicy
  /** Dotted paths whose values make the key; none: one batch for all. */
  readonly keyPaths: readonly string[]
}

const UNIT_MS: Readonly<Record<string, number>> = { seconds: 1000, minutes: 60_000, hours: 3_600_000 }
/** Timers go to 24.8 days; an audit trail that is a week late is no use to anybody. */
const LONGEST_WINDOW_MS = 7 * 24 * 3_600_000
/** One message is cloned at every branch and looked up as a whole. */
const LARGEST_BATCH = 10_000
const DEFAULT_COUNT = 1000
const DEFAULT_HELD = 10_000
const MOST_HELD = 1_000_000

/** @throws OperatorError BATCH_CONFIG naming the setting that is wrong */
export function readBatchSettings(config: { readonly [setting: string]: unknown }): BatchSettings {
  const window = numberOf(config['window'], 10, 0, Number.MAX_SAFE_INTEGER, 'window')
  const unitMs = UNIT_MS[String(config['windowUnit'] ?? 'minutes')]
  if (unitMs === undefined) throw wrong('windowUnit', 'it must be seconds, minutes or hours')
  const windowMs = window * unitMs
  if (windowMs > LONGEST_WINDOW_MS) throw wrong('window', 'a batch can stay open for 7 days at most')
  const count = wholeNumber(config['count'], DEFAULT_COUNT, 1, LARGEST_BATCH, 'count')
  const held = wholeNumber(config['held'], Math.max(DEFAULT_HELD, count), count, MOST_HELD, 'held')
  return { policy: { windowMs, count, held }, keyPaths: pathsOf(config['key']) }
}

function pathsOf(value: unknown): string[] {
  const paths = String(value ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
  for (const path of paths) {
    if (!/^[^\s.[\]]+(\.[^\s.[\]]+)*$/.test(path)) throw wrong('key', `"${quote(path, 60)}" is no dotted path`)
  }
  return paths
}

function wholeNumber(value: unknown, fallback: number, least: number, most: number, name: string): number {
  const number = numberOf(value, fallback, least, most, name)
  if (!Number.isInteger(number)) throw wrong(name, 'it must be a whole number')
  return number
}

function numberOf(value: unknown, fallback: number, least: number, most: number, name: string): number {
  if (value === undefined || value === null || String(value).trim() === '') return fallback
  const number = Number(value)
  if (!Number.isFinite(number) || number < least || number > most) {
    throw wrong(name, `it must be a number from ${least} to ${most}`)
  }
  return number
}

function wrong(name: string, why: string): OperatorError {
  return new OperatorError('BATCH_CONFIG', `The setting "${name}" cannot be used: ${why}.`)
}
