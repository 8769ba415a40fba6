import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { coalescing } from '../../src/exposure/coalesce'
import { joinedExposure, type LookedUp, lookUpExposure } from '../../src/exposure/look-up'
import { type ReadMessage, readMessage } from '../../src/exposure/messages'
import type { Exposure } from '../../src/exposure/model'
import { Outage } from '../../src/exposure/outage'
import { patience } from '../../src/exposure/patience'
import { persist } from '../../src/exposure/persist'
import { journalRuleMemory, processRuleMemory, type RuleMemory } from '../../src/exposure/rule-memory'
import { systemClock } from '../../src/http/retry'
import { probeAccount } from '../../src/openstack/account-test'
import { type KeystoneSession, refusingSession } from '../../src/openstack/session'
import { serviceOf } from '../shared/config-node'
import { deliveryService } from '../shared/delivery'
import { onClose, onInput } from '../shared/input'
import { journalOf } from '../shared/journal'
import { statusOf } from '../shared/status'
import { LookupState } from './lookup-state'

interface PortLookupConfig extends NodeDef {
  readonly account?: string
  readonly scanOnDelete?: boolean
  /** Tries after which an incomplete answer is passed on; 0 or empty: never. */
  readonly incompleteAfter?: number | string
}

export default function register(RED: NodeAPI): void {
  function PortLookupNode(this: Node, config: PortLookupConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const account = serviceOf<KeystoneSession>(RED, config.account)
    if (account === undefined) status.attention('no account')
    const session = account ?? refusingSession(noAccount())
    const tries = Number(config.incompleteAfter ?? 0)
    const state = new LookupState(this, status, deliveryService(RED))
    const memory = ruleMemory(RED, this)
    const world = { session, census: {} }
    const scanOnDelete = config.scanOnDelete === true
    const persistence = {
      ask: coalescing(async (occurrences) =>
        lookUpExposure(occurrences, { ...world, memory: await memory }, { scanOnDelete }),
      ),
      outage: new Outage({
        clock: systemClock,
        probe: () => probeAccount(session),
        onState: (outage) => state.outage(outage),
      }),
      patience: patience(Number.isInteger(tries) && tries > 0 ? tries : 0),
    }

    onInput<Record<string, unknown>>(RED, this, async (msg, send, { token, signal }) => {
      state.begun()
      try {
        const message = readMessage(msg)
        const onWait = token === undefined ? undefined : (reason: string) => state.waiting(token, reason)
        const answers = await persist(message, { ...persistence, signal, onWait })
        state.answered(attach(msg, message, answers))
        send(msg)
      } catch (thrown) {
        state.failed(thrown)
        throw thrown
      }
    })
    onClose(this, () => {
      persistence.outage.close()
      state.closed()
    })
  }
  RED.nodes.registerType('openstack-port-lookup', PortLookupNode)
}

/** A batch gets the answer at every member and over all. */
function attach(msg: Record<string, unknown>, { batch }: ReadMessage, answers: readonly LookedUp[]): Exposure {
  const exposures = answers.map(({ exposure }) => exposure)
  if (batch) {
    const members = msg['payload'] as readonly object[]
    msg['payload'] = members.map((member, index) => ({ ...member, exposure: exposures[index] }))
  }
  const exposure = joinedExposure(exposures)
  msg['exposure'] = exposure
  return exposure
}

/** Without a journal the node works all the same; it then forgets at a restart which rules it has seen. */
function ruleMemory(RED: NodeAPI, node: Node): Promise<RuleMemory> {
  return journalOf(RED).then(
    (journal) => journalRuleMemory(journal, node.id),
    (thrown: unknown) => {
      node.warn(`rules seen are remembered until the next restart only: ${describeError(thrown)}`)
      return processRuleMemory()
    },
  )
}

function noAccount(): OperatorError {
  return new OperatorError('LOOKUP_NO_ACCOUNT', 'The node has no OpenStack account.', {
    remedy: 'Choose a keystone-config node that exists and is enabled.',
    retryable: true,
  })
}
