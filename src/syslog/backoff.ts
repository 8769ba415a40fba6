import type { Reconnecting } from './transport'

/** Exponential with full jitter, so that many senders do not return to a server at one moment. */
export function reconnectAfterMs(failures: number, { firstMs, capMs }: Reconnecting, random: () => number): number {
  const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.floor(random() * ceiling)
}
