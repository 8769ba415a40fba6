import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import type { TlsOptions } from '../../src/http/undici-client'

/** What Node-RED's own `tls-config` node offers. */
interface TlsConfigNode {
  readonly valid?: boolean
  addTLSOptions(options: TlsOptions): unknown
}

/**
 * The settings of the chosen `tls-config` node; undefined where none is chosen.
 * @throws OperatorError with `code` when it is missing or broken, as going on without it would trust the wrong server
 */
export function chosenTls(RED: NodeAPI, id: string | undefined, code: string): TlsOptions | undefined {
  if (!id) return undefined
  const remedy = 'Choose it again.'
  const node = RED.nodes.getNode(id) as unknown as Partial<TlsConfigNode> | null | undefined
  if (typeof node?.addTLSOptions !== 'function') {
    throw new OperatorError(code, 'The chosen TLS configuration does not exist or is disabled.', { remedy })
  }
  if (node.valid === false) {
    throw new OperatorError(code, 'The chosen TLS configuration cannot be read (its own log line says why).', {
      remedy,
    })
  }
  const options: TlsOptions = {}
  node.addTLSOptions(options)
  return options
}
