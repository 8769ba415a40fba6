import { signerOf } from '../../src/audit/chain/signing'
import type { Configuration } from '../../src/audit/model'
import type { StoreSettings } from './settings'

/**
 * What of the dialog decides what is recorded, for how long, and who sees it: the names are read in the trail. Where the store is does
 * not belong to it, as another place is another trail.
 */
export function configurationOf(settings: StoreSettings, lookUps: boolean): Configuration {
  const { cloud, retention, recordByDefault, tenantRules, checkpoints, key } = settings
  return {
    cloud,
    retentionDays: retention.days ?? null,
    retentionBytes: retention.bytes ?? null,
    recordByDefault,
    tenantRules,
    lookUps,
    checkpointMinutes: checkpoints.minutes,
    checkpointEvents: checkpoints.events,
    signedWith: key === undefined ? null : signerOf(key).key,
    // SQLite decides on words when the file is made.
    ...(settings.engine === 'opensearch' ? { fullText: settings.fullText, hermesIndices: settings.hermesIndices } : {}),
  }
}
