import { SettingsReader } from '../settings/settings-reader'
import type { CorrelatePolicy } from './model'

const HOUR_MS = 3_600_000

/** @throws OperatorError CORRELATE_CONFIG naming the setting that is wrong */
export function readCorrelateSettings(config: { readonly [setting: string]: unknown }): CorrelatePolicy {
  const settings = new SettingsReader(config, 'CORRELATE_CONFIG')
  return {
    windowMs: settings.duration('window', { value: 60, unit: 'seconds' }, 100, 24 * HOUR_MS),
    held: settings.whole('held', 10_000, 10, 1_000_000),
    notifications: settings.yes('notifications', true),
  }
}
