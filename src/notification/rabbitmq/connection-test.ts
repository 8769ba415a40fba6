import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { describeError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { onOwnChannel } from './channels'
import { closeConnection, openModel, shown } from './connection'
import { codeOf, connectionRefusal } from './refusal'
import type { BrokerAddress } from './transport-url'

/** What trying one host of a bus gave. */
export interface HostReport {
  /** `host:port` */
  readonly host: string
  readonly ok: boolean
  /** The broker's product and version, or what is wrong and what to do. */
  readonly text: string
  readonly code?: string
}

const TEST_MS = 10_000

/** Logs in at each host once. Never fails: what fails is the answer. */
export function testHosts(address: BrokerAddress, tls?: TlsOptions): Promise<HostReport[]> {
  return Promise.all(
    address.hosts.map(async (host) => {
      const target = shown(host)
      try {
        const model = await openModel(address, host, { ...(tls === undefined ? {} : { tls }), openMs: TEST_MS })
        model.on('error', () => {})
        const { product = 'broker', version = '' } = model.connection.serverProperties
        await closeConnection(model)
        return { host: target, ok: true, text: quote(`${product} ${version}`, 60) }
      } catch (thrown) {
        const error = connectionRefusal(thrown, target, address.vhost, [host.password])
        return { host: target, ok: false, text: error.message, code: error.code }
      }
    }),
  )
}

/**
 * Which of these exchanges are there.
 * @throws whatever the connection throws
 */
export async function existingExchanges(
  address: BrokerAddress,
  names: readonly string[],
  tls?: TlsOptions,
): Promise<string[]> {
  const [host] = address.hosts
  if (host === undefined) return []
  const model = await openModel(address, host, { ...(tls === undefined ? {} : { tls }), openMs: TEST_MS }).catch(
    (thrown: unknown) => {
      throw connectionRefusal(thrown, shown(host), address.vhost, [host.password])
    },
  )
  model.on('error', () => {})
  const found: string[] = []
  try {
    for (const name of names) {
      try {
        await onOwnChannel(model, (channel) => channel.checkExchange(name))
        found.push(name)
      } catch (thrown) {
        if (codeOf(thrown) !== '404') throw new Error(describeError(thrown))
      }
    }
  } finally {
    await closeConnection(model)
  }
  return found
}
