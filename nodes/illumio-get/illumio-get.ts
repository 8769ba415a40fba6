import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import type { PceClient } from '../../src/illumio/client'
import { readableHref } from '../../src/illumio/href'
import { PceError } from '../../src/illumio/pce-error'
import { serviceOf } from '../shared/config-node'
import { deliveryService } from '../shared/delivery'
import { onInput } from '../shared/input'
import { statusOf } from '../shared/status'

interface IllumioGetConfig extends NodeDef {
  readonly account?: string
  readonly href?: string
  readonly hrefType?: string
  readonly property?: string
}

export default function register(RED: NodeAPI): void {
  deliveryService(RED)

  function IllumioGetNode(this: Node, config: IllumioGetConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const client = serviceOf<PceClient>(RED, config.account)
    if (client === undefined) status.attention('no PCE')

    onInput<Record<string, unknown>>(RED, this, async (msg, send, { signal }) => {
      if (client === undefined) throw noAccount()
      const href = readableHref(await hrefOf(RED, this, config, msg))
      status.busy('asking')
      try {
        const answer = await client.get(href, signal)
        RED.util.setMessageProperty(msg as NodeMessage, config.property || 'payload', answer as never, true)
        status.ready('answered')
        send(msg as NodeMessage)
      } catch (thrown) {
        if (thrown instanceof PceError && !thrown.needsPerson) status.healing(thrown.code)
        else status.attention(thrown instanceof OperatorError ? thrown.code : 'failed')
        throw thrown
      }
    })
  }
  RED.nodes.registerType('illumio-get', IllumioGetNode)
}

/** The callback form, as JSONata and some context stores answer later. */
function hrefOf(RED: NodeAPI, node: Node, config: IllumioGetConfig, msg: object): Promise<unknown> {
  const { href = 'event.target.id', hrefType = 'msg' } = config
  return new Promise((resolve, reject) => {
    RED.util.evaluateNodeProperty(href, hrefType, node, msg as NodeMessage, (error, value: unknown) => {
      if (error === null || error === undefined) resolve(value)
      else reject(new OperatorError('ILLUMIO_HREF', 'The href cannot be read from the message.', { cause: error }))
    })
  })
}

function noAccount(): OperatorError {
  return new OperatorError('ILLUMIO_NO_ACCOUNT', 'No PCE account is chosen, or it is not complete.', {
    remedy: 'Open the node, choose an account, and test it there.',
  })
}
