import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { existingExchanges, type HostReport, testHosts } from '../../src/notification/rabbitmq/connection-test'
import { SERVICE_EXCHANGES } from '../../src/notification/rabbitmq/service-exchanges'
import { chosenTls } from '../shared/tls'
import { type BusCredentials, type BusFields, busAddress } from './bus-address'

/** What the editor sends for a secret that it was never given. */
const UNCHANGED = '__PWRD__'

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
      (thrown: unknown) =>
        response.json({
          error: describeError(thrown),
          code: thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED',
        }),
    )
}

function askedFor(RED: NodeAPI, body: unknown) {
  const asked: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const text = (name: string) => (typeof asked[name] === 'string' ? fromEnvironment(asked[name]) : '')
  const id = text('id')
  const stored = (id === '' ? undefined : RED.nodes.getCredentials(id)) as BusCredentials | undefined
  const secret = (name: 'url' | 'password') => {
    const given = text(name)
    return given === UNCHANGED || !(name in asked) ? fromEnvironment(stored?.[name] ?? '') : given
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

/** `${NAME}` as the whole value, as Node-RED replaces it when it starts a node. */
function fromEnvironment(value: string): string {
  const name = /^\$\{([^}]+)\}$/.exec(value)?.[1]
  return name === undefined ? value : (process.env[name] ?? value)
}
