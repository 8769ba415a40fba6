import type { ChannelDefinition } from '../../../src/notify/channel'

export interface KnownChannel {
  readonly channel: ChannelDefinition
  readonly secrets: readonly string[]
}

/** By node type; a palette of one's own adds to it (docs/extending.md). */
const channels = new Map<string, KnownChannel>()

export function knownChannel(type: string, channel: ChannelDefinition, secrets: readonly string[]): void {
  channels.set(type, { channel, secrets })
}

export function channelOf(type: string): KnownChannel | undefined {
  return channels.get(type)
}
