import type { Notification } from '../notification/model'

/**
 * How far a client address can be trusted, in `initiator.host.trust`. Both of OpenStack's audit sources take it from
 * `X-Forwarded-For`, if the request has that header, whatever their configuration says about proxies:
 * - `last-hop`: Keystone takes the last entry. It is right if Keystone is reached through a proxy that appends to the header
 *   or sets it; who reaches Keystone directly writes what he likes.
 * - `claimed`: keystonemiddleware's audit filter takes the first entry. It is what the client wrote, unless the proxy
 *   throws away what came in. So for every source of which nothing is known.
 * - `peer`: the request context's address, which is the other end of the connection: with a proxy, the proxy.
 */
export type AddressTrust = 'last-hop' | 'claimed' | 'peer'

export function addressTrust(notification: Notification): AddressTrust {
  return notification.eventType.startsWith('identity.') ? 'last-hop' : 'claimed'
}
