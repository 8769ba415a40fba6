import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { CLOSED, Correlator } from '../../src/correlate/correlator'
import { facetOf } from '../../src/correlate/facet'
import { readCorrelateSettings } from '../../src/correlate/settings'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { incoming, memberOf, messageIdOf } from '../../src/message/members'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import { onInput } from '../shared/input'
import { type Keeping, keepingNode, unusable } from '../shared/keeping-node'
import { type KeptWords, showKept } from '../shared/kept-status'
import { statusOf } from '../shared/status'

interface CadfCorrelateConfig extends NodeDef {
  readonly [setting: string]: unknown
}
type CorrelateInput = Record<string, unknown> & { flush?: unknown }

const WORDS: KeptWords = { one: 'operation', many: 'operations', collected: 'waiting' }

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function CadfCorrelateNode(this: Node, config: CadfCorrelateConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    let keeping: Keeping<Correlator>
    try {
      const policy = readCorrelateSettings(config)
      keeping = keepingNode<Correlator>(RED, this, {
        status,
        closed: CLOSED,
        full: 'the correlate node is full',
        load: (journal) =>
          Correlator.load({
            ...{ journal, owner: this.id, policy, timers: systemTimers, random: Math.random, newId: randomUUID },
            emit: (messages) => keeping.send(messages),
            onChange: () => keeping.show(),
            onTrouble: (thrown) => this.warn(describeError(thrown)),
          }),
        show: (correlator, paused) => showKept(status, WORDS, correlator.counts, paused, Date.now()),
      })
    } catch (thrown) {
      unusable(RED, this, status, thrown)
      return
    }

    onInput<CorrelateInput>(RED, this, async (msg, send, context) => {
      const came = incoming(msg)
      if (came.kind === 'batch') throw notAnEvent('The message is a batch.')
      if (came.kind === 'other' && msg.flush !== true) throw notAnEvent('The message carries no CADF event.')
      const correlator = keeping.keeper ?? (await keeping.ready())
      if (came.kind === 'occurrence') {
        const { message } = came
        const member = memberOf(message)
        const facet = facetOf(member)
        if (!correlator.concerns(facet)) send(message)
        else {
          await keeping.take(context, (waiting) => correlator.add(member, messageIdOf(message), facet, waiting))
        }
      }
      if (msg.flush === true) correlator.flush()
    })
  }

  RED.nodes.registerType('cadf-correlate', CadfCorrelateNode)
}

function notAnEvent(what: string): OperatorError {
  return new OperatorError('CORRELATE_NO_EVENT', what, {
    remedy: 'The node takes single messages with msg.event, before any cadf-batch, or msg.flush.',
  })
}
