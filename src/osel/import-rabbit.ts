import { parseTransportUrl } from '../notification/rabbitmq/transport-url'
import { type Draft, needed, readable } from './draft'

/** `rabbit_uri`: one `amqp://` address. */
export function importRabbit(draft: Draft): void {
  const key = 'rabbit_uri'
  const uri = needed(draft, key, 'Enter the RabbitMQ of your cloud in the bus configuration.')
  if (uri === undefined) return
  const address = readable(draft, key, () => parseTransportUrl(uri))
  const [first] = address?.hosts ?? []
  if (address === undefined || first === undefined) return
  draft.set('openstack-bus-config', {
    by: 'fields',
    hosts: address.hosts.map(({ hostname, port }) => `${bracketed(hostname)}:${port}`).join(', '),
    vhost: address.vhost,
    username: first.username,
    useTls: address.tls,
  })
  draft.secret('openstack-bus-config', { password: first.password })
  draft.note(
    key,
    'changed',
    'The same broker, user and virtual host. osel took messages away from the shared queue notifications.info; here a queue of its ' +
      'own is bound to the exchange neutron, for which the user needs rights: the node names the command.',
  )
}

function bracketed(hostname: string): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname
}
