import type { Node, NodeAPI, NodeMessage } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { OpenStackError } from '../../src/openstack/openstack-error'
import type { ServiceAnswer } from '../../src/openstack/request/answer'
import { readCall } from '../../src/openstack/request/call'
import { perform } from '../../src/openstack/request/perform'
import { type KeystoneSession, refusingSession } from '../../src/openstack/session'
import { serviceOf } from '../shared/config-node'
import { onInput, type Send } from '../shared/input'
import { type NodeStatus, statusOf } from '../shared/status'
import { adminEndpoints } from './admin'
import { askedCall, type RequestConfig, standingProblem, usable } from './settings'

type Message = Record<string, unknown>

const DEFAULT_MEGABYTES = 16
const DEFAULT_TIMEOUT_S = 30
const LONGEST_TIMEOUT_S = 3600

export default function register(RED: NodeAPI): void {
  function RequestNode(this: Node, stored: RequestConfig): void {
    RED.nodes.createNode(this, stored)
    const config = usable(stored)
    const status = statusOf(this)
    const account = serviceOf<KeystoneSession>(RED, config.account)
    const session = account ?? refusingSession(noAccount())
    const problem = standingProblem(config, account !== undefined)
    if (problem !== undefined) status.attention(problem)
    const options = {
      paged: config.paging === 'array' || config.paging === 'sequence',
      collection: (config.collection ?? '').trim(),
      maxBytes: positive(config.maxMegabytes, DEFAULT_MEGABYTES) * 1024 * 1024,
      missingIsAnswer: config.missing === true,
      // Timers take no more than 24.8 days; nobody waits for an answer longer than a delivery lasts.
      timeoutMs: Math.min(positive(config.timeout, DEFAULT_TIMEOUT_S), LONGEST_TIMEOUT_S) * 1000,
    }
    let underWay = 0

    onInput<Message>(RED, this, async (msg, send, { signal, begin }) => {
      underWay += 1
      status.busy(`asking ${underWay}`)
      try {
        const call = readCall(await askedCall(RED, this, config, msg))
        const answer = await perform(session, call, { ...options, signal, begin })
        underWay -= 1
        show(status, underWay, () => status.ready(`answered ${answer.status}`))
        if (config.paging === 'sequence' && Array.isArray(answer.payload)) sendEach(RED, msg, answer, send)
        else send(Object.assign(msg, told(answer), { payload: answer.payload }) as NodeMessage)
      } catch (thrown) {
        underWay -= 1
        failed(msg, thrown, (text, heals) =>
          show(status, underWay, () => (heals ? status.healing(text) : status.attention(text))),
        )
        throw thrown
      }
    })
  }
  RED.nodes.registerType('openstack-request', RequestNode)
  adminEndpoints(RED)
}

function told({ status, headers }: ServiceAnswer): Message {
  return { statusCode: status, headers }
}

/** One message for each item, numbered as the core split node numbers them, so that a join node puts them together again. */
function sendEach(RED: NodeAPI, msg: Message, answer: ServiceAnswer, send: Send): void {
  const items = answer.payload as readonly unknown[]
  const id = RED.util.generateId()
  const { parts: outer } = msg
  for (const [index, payload] of items.entries()) {
    const parts = {
      id,
      type: 'array',
      index,
      count: items.length,
      len: 1,
      ...(outer === undefined ? {} : { parts: outer }),
    }
    send({ ...RED.util.cloneMessage(msg as NodeMessage), ...told(answer), payload, parts } as NodeMessage)
  }
}

/** A catch node gets the message with the status, and with the seconds that the service asked to be left alone for. */
function failed(msg: Message, thrown: unknown, show: (text: string, heals: boolean) => void): void {
  delete msg['statusCode']
  delete msg['retryAfter']
  if (thrown instanceof OpenStackError) {
    if (thrown.status !== undefined) msg['statusCode'] = thrown.status
    if (thrown.retryAfterMs !== undefined) msg['retryAfter'] = Math.ceil(thrown.retryAfterMs / 1000)
  }
  const known = thrown instanceof OperatorError
  show(known ? thrown.code : 'UNEXPECTED', known && thrown.retryable)
}

function show(status: NodeStatus, underWay: number, ended: () => void): void {
  if (underWay > 0) status.busy(`asking ${underWay}`)
  else ended()
}

function positive(given: number | string | undefined, otherwise: number): number {
  const number = Number(given)
  return given !== '' && number > 0 ? number : otherwise
}

function noAccount(): OperatorError {
  return new OperatorError('REQUEST_NO_ACCOUNT', 'The node has no OpenStack account.', {
    remedy: 'Choose a keystone-config node that exists and is enabled.',
    retryable: true,
  })
}
