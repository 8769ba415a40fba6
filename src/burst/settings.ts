import { SettingsReader } from '../settings/settings-reader'
import { type KeyReader, keyReaders } from './key'
import type { BurstPolicy } from './model'

export interface BurstSettings {
  readonly policy: BurstPolicy
  readonly keys: readonly KeyReader[]
}

const DAY_MS = 24 * 3_600_000
const CODE = 'BURST_CONFIG'

/** @throws OperatorError BURST_CONFIG naming the setting that is wrong */
export function readBurstSettings(config: { readonly [setting: string]: unknown }): BurstSettings {
  const settings = new SettingsReader(config, CODE)
  const keys = keyReaders(settings.text('key'), CODE)
  if (keys.length === 0) throw settings.wrong('key', 'it names no property')
  return {
    policy: {
      count: settings.whole('count', 5, 2, 1000),
      windowMs: settings.duration('window', { value: 10, unit: 'minutes' }, 1000, DAY_MS),
      rearmMs: settings.duration('rearm', { value: 0, unit: 'minutes' }, 0, 7 * DAY_MS),
      keys: settings.whole('keys', 10_000, 10, 100_000),
    },
    keys,
  }
}
