import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { BurstCounter, CLOSED } from '../../src/burst/counter'
import { type BurstSettings, readBurstSettings } from '../../src/burst/settings'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { incoming, memberOf, messageIdOf } from '../../src/message/members'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import { onInput } from '../shared/input'
import { type Keeping, keepingNode, unusable } from '../shared/keeping-node'
import { type KeptWords, showKept } from '../shared/kept-status'
import { statusOf } from '../shared/status'

interface CadfBurstConfig extends NodeDef {
  readonly [setting: string]: unknown
}
type BurstInput = Record<string, unknown> & { flush?: unknown }

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function CadfBurstNode(this: Node, config: CadfBurstConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    let settings: BurstSettings
    let keeping: Keeping<BurstCounter>
    try {
      settings = readBurstSettings(config)
      const { policy } = settings
      keeping = keepingNode<BurstCounter>(RED, this, {
        status,
        closed: CLOSED,
        full: 'the burst node is full',
        load: (journal) =>
          BurstCounter.load({
            ...{ journal, owner: this.id, name: this.name || 'cadf-burst', policy, timers: systemTimers },
            ...{ random: Math.random, newId: randomUUID, onChange: () => keeping.show() },
            emit: (burst) => keeping.send([burst]),
            onTrouble: (thrown) => this.warn(describeError(thrown)),
            onDropped: (keys) => this.warn(`too many keys: ${keys} that still counted were forgotten`),
          }),
        show: ({ counts }, paused) =>
          showKept(status, wordsFor(counts.keys), { collecting: 0, open: 0, ...counts }, paused, Date.now()),
      })
    } catch (thrown) {
      unusable(RED, this, status, thrown)
      return
    }

    onInput<BurstInput>(RED, this, async (msg, _send, context) => {
      const came = incoming(msg)
      if (came.kind === 'batch') throw notAnEvent('The message is a batch.')
      if (came.kind === 'other' && msg.flush !== true) throw notAnEvent('The message carries no CADF event.')
      const counter = keeping.keeper ?? (await keeping.ready())
      if (came.kind === 'occurrence') {
        const { message } = came
        const keys = settings.keys.flatMap((keyOf) => keyOf(message) ?? [])
        await keeping.take(context, () => counter.add(memberOf(message), messageIdOf(message), keys))
      }
      if (msg.flush === true) counter.retryNow()
    })
  }

  RED.nodes.registerType('cadf-burst', CadfBurstNode)
}

function wordsFor(keys: number): KeptWords {
  return { one: 'burst', many: 'bursts', collected: '', idle: `counting, ${keys} ${keys === 1 ? 'key' : 'keys'}` }
}

function notAnEvent(what: string): OperatorError {
  return new OperatorError('BURST_NO_EVENT', what, {
    remedy: 'The node takes single messages with msg.event, before any cadf-batch.',
  })
}
