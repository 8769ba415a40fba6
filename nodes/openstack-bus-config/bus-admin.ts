import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { existingExchanges, type HostReport, testHosts } from '../../src/notification/rabbitmq/connection-test'
import { SERVICE_EXCHANGES } from '../../src/notification/rabbitmq/service-exchanges'
import { isKept, problemOf, recordOf, textsOf } from '../shared/dialog-request'
import { chosenTls } from '../shared/tls'
import { type BusFields, busAddress } from './bus-address'

/** Lets the dialog try what is in it, and look which services publish. Registered once per runtime. */
export function registerBusAdmin(RED: NodeAPI): void {
  const mayTry = RED.auth.needsPermission('openstack-bus-config.write')
  RED.httpAdmin.post('/openstack-bus-config/test', mayTry, (request, response) => {
    answer(response, async (): Promise<{ hosts: HostReport[] }> => {
      const { address, tls } = askedFor(RED, request.body)
      return { hosts: await testHosts(address, tls) }
    })
  })
  RED.httpAdmin.post('/openstack-bus-config/exchanges', mayTry, (request, response) => {
    answer(response, async (): Promise<{ exchanges: string[] }> => {
      const { address, tls } = askedFor(RED, request.body)
      return { exchanges: await existingExchanges(address, SERVICE_EXCHANGES, tls) }
    })
  })
}

/** Errors are answers: the dialog shows them. */
function answer(response: { json(body: unknown): void }, question: () => Promise<object>): void {
  Promise.resolve()
    .then(question)
    .then(
      (body) => response.json(body),
      (thrown: unknown) => {
        const { code, message } = problemOf(thrown)
        response.json({ error: message, code })
      },
    )
}

function askedFor(RED: NodeAPI, body: unknown) {
  const asked = recordOf(body)
  const texts = textsOf(body)
  const text = (name: string) => texts[name] ?? ''
  const id = text('id')
  const stored = textsOf(id === '' ? undefined : RED.nodes.getCredentials(id))
  const secret = (name: 'url' | 'password') => {
    const given = text(name)
    return isKept(given) || !(name in asked) ? (stored[name] ?? '') : given
  }
  const deployed: unknown = id === '' ? undefined : RED.nodes.getNode(id)
  // Without the dialog's fields only what is deployed is known.
  if (!('by' in asked) && !deployed) throw notDeployed()
  const fields: BusFields =
    'by' in asked
      ? {
          by: text('by'),
          hosts: text('hosts'),
          vhost: text('vhost'),
          username: text('username'),
          useTls: asked['useTls'] === true,
        }
      : ((deployed as { fields?: BusFields } | null | undefined)?.fields ?? {})
  const tlsId = 'tls' in asked ? text('tls') : ((deployed as { tlsId?: string } | null | undefined)?.tlsId ?? '')
  const tls = chosenTls(RED, tlsId, 'BUS_CONFIG')
  return {
    address: busAddress(fields, { url: secret('url'), password: secret('password') }),
    ...(tls === undefined ? {} : { tls }),
  }
}

function notDeployed(): OperatorError {
  return new OperatorError('BUS_CONFIG', 'The message bus is not deployed yet.', {
    remedy: 'Choose or add one, deploy, and look again.',
  })
}
