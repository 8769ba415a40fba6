import { createHash } from 'node:crypto'

/** What makes two scans the same scan. */
export interface ScanIdentity {
  readonly cloud: string
  /** Any order; sorted here. */
  readonly targets: readonly string[]
  readonly profile: string
  /** Batch id or message id: the same targets in the next batch are another scan. */
  readonly occasion: string
}

/** 32 hexadecimal digits: the same for a message that is delivered again, another one for everything else. */
export function correlationKey({ cloud, targets, profile, occasion }: ScanIdentity): string {
  const content = JSON.stringify([cloud, [...new Set(targets)].sort(), profile, occasion])
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

/** Qualys allows 2000 ASCII characters; anything but letters, digits and `._-` becomes a hyphen. */
export function scanTitle(prefix: string, cloud: string, key: string): string {
  return `${plain(prefix) || 'openstack'}/${plain(cloud) || 'unknown'}/${key}`
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 200)
}
