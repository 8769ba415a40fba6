import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { coalescing } from '../../src/exposure/coalesce'
import { joinedExposure, type LookedUp, lookUpExposure } from '../../src/exposure/look-up'
import { type ReadMessage, readMessage } from '../../src/exposure/messages'
import type { Exposure } from '../../src/exposure/model'
import { patience } from '../../src/exposure/patience'
import { journalRuleMemory, processRuleMemory, type RuleMemory } from '../../src/exposure/rule-memory'
import type { KeystoneSession } from '../../src/openstack/session'
import { serviceOf } from '../shared/config-node'
import { onInput } from '../shared/input'
import { journalOf } from '../shared/journal'
import { type NodeStatus, statusOf } from '../shared/status'

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
    const session = serviceOf<KeystoneSession>(RED, config.account)
    if (session === undefined) status.attention('no account')
    const tries = Number(config.incompleteAfter ?? 0)
    const failures = patience(Number.isInteger(tries) && tries > 0 ? tries : 0)
    const scanOnDelete = config.scanOnDelete === true
    const memory = ruleMemory(RED, this)
    const census = {}
    const ask = coalescing(async (occurrences) => {
      if (session === undefined) throw noAccount()
      return lookUpExposure(occurrences, { session, memory: await memory, census }, { scanOnDelete })
    })
    const state = lookupState(status)

    onInput<Record<string, unknown>>(RED, this, async (msg, send, { signal }) => {
      state.begun()
      try {
        const read = readMessage(msg)
        const answers = await ask(read.occurrences, signal)
        const failed = answers.find(({ retry }) => retry !== undefined)?.retry
        if (failed !== undefined && !failures.exhausted(read.key)) throw failed
        failures.forget(read.key)
        const exposure = attach(msg, read, answers)
        state.answered(exposure)
        send(msg)
      } catch (thrown) {
        state.failed(thrown)
        throw thrown
      }
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

function lookupState(status: NodeStatus) {
  let working = 0
  const shownWhileIdle = (show: () => void) => {
    working -= 1
    if (working > 0) status.busy(`looking up ${working}`)
    else show()
  }
  return {
    begun() {
      working += 1
      status.busy(`looking up ${working}`)
    },
    answered({ addresses, incomplete }: Exposure) {
      shownWhileIdle(() => {
        if (incomplete === undefined) status.ready(`found ${addresses.length} addresses`)
        else status.attention('answer incomplete')
      })
    },
    failed(thrown: unknown) {
      const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
      const heals = thrown instanceof OperatorError && thrown.retryable
      shownWhileIdle(() => (heals ? status.healing(`will be retried: ${code}`) : status.attention(code)))
    },
  }
}

function noAccount(): OperatorError {
  return new OperatorError('LOOKUP_NO_ACCOUNT', 'The node has no OpenStack account.', {
    remedy: 'Choose a keystone-config node that exists and is enabled.',
    retryable: true,
  })
}
