import { OperatorError } from '../../src/errors/operator-error'
import type { FirstPoll, PollerOptions } from '../../src/illumio/poller-model'
import { eventTypeChoice, patternList } from '../../src/notification/event-type-patterns'
import { SettingsReader } from '../../src/settings/settings-reader'

export type PollSettings = Pick<
  PollerOptions,
  'intervalMs' | 'overlapMs' | 'pageSize' | 'first' | 'retentionMs' | 'window' | 'attempts' | 'watchHealth' | 'wants'
> & { readonly deadlineMs: number }

const CODE = 'ILLUMIO_CONFIG'
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** @throws OperatorError ILLUMIO_CONFIG */
export function readPollSettings(config: { readonly [setting: string]: unknown }): PollSettings {
  const read = new SettingsReader(config, CODE)
  return {
    intervalMs: read.number('interval', 10, 5, 3600) * 1000,
    overlapMs: read.number('overlap', 120, 0, 3600) * 1000,
    pageSize: read.whole('pageSize', 1000, 10, 10_000),
    first: firstPoll(read),
    retentionMs: read.number('retention', 30, 1, 200) * DAY_MS,
    window: read.whole('window', 250, 1, 10_000),
    attempts: read.whole('attempts', 5, 1, 1000),
    watchHealth: read.yes('watchHealth', true),
    wants: eventTypeChoice(patternList(config['include']), patternList(config['ignore'])),
    deadlineMs: read.number('deadline', 20, 0.01, 1440) * 60_000,
  }
}

function firstPoll(read: SettingsReader): FirstPoll {
  const start = read.text('start') || 'now'
  if (start === 'now') return 'now'
  if (start === 'back') return { lookBackMs: read.number('lookBack', 24, 0.01, 24 * 200) * HOUR_MS }
  const from = Date.parse(read.text('startAt'))
  if (start === 'time' && !Number.isNaN(from)) return { from }
  throw new OperatorError(CODE, 'The time at which to begin cannot be read.', {
    remedy: 'Write it as 2026-11-21T07:00:00Z.',
  })
}
