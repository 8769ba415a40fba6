import { quote } from '../../errors/redact'
import type { ConfiguredNode } from './flow-config'
import { inspectFunctionCode } from './function-code'

/** A place where a delivery is taken for finished, or failed, while the flow still works on it. */
export interface EarlyEnd {
  readonly nodeId: string
  readonly code: 'JOIN' | 'SENDS_LATER' | 'NEW_MESSAGE' | 'NO_DONE' | 'FAILS_AND_GOES_ON'
  /** For people: which node, and what happens there. */
  readonly what: string
  readonly remedy: string
}

/** What the walk knows about the way to a node. */
export interface Way {
  /** A split node lies before it: what a join puts together may be one delivery. */
  readonly split: boolean
  /** Does the running node take `done`? Undefined if there is none to ask. */
  readonly takesDone: (nodeId: string) => boolean | undefined
}

const BY_HAND = 'let openstack-notification-ack settle (source: "when a settle node says so")'
/** Without done by design: they send from their handler. */
const SYNCHRONOUS = new Set(['junction', 'link in', 'link out', 'change', 'switch'])

export function earlyEnds(node: ConfiguredNode, way: Way): EarlyEnd[] {
  const found = ofType(node, way)
  if (found.length === 0 && !isSynchronous(node.type) && way.takesDone(node.id) === false) {
    found.push(
      end(
        node,
        'NO_DONE',
        'does not tell when it has finished; if it works asynchronously, it is taken for finished at once',
        BY_HAND,
      ),
    )
  }
  return found
}

function ofType(node: ConfiguredNode, way: Way): EarlyEnd[] {
  switch (node.type) {
    case 'join':
      // One message, split and put together again, is one delivery all along.
      if (way.split && (node['mode'] ?? 'auto') !== 'custom') return []
      return [
        end(
          node,
          'JOIN',
          'puts messages together: all but the last are accepted when it sends',
          `use cadf-batch instead, or ${BY_HAND}`,
        ),
      ]
    case 'trigger':
      return sendsLater(node) ? [later(node)] : []
    case 'function': {
      const findings = inspectFunctionCode(String(node['func'] ?? ''))
      const ends: EarlyEnd[] = []
      if (findings.sendsLater) {
        ends.push(
          end(
            node,
            'SENDS_LATER',
            'seems to send after it has returned, when its message is already taken for finished',
            `call node.done() after the last node.send(), or ${BY_HAND}`,
          ),
        )
      }
      if (findings.buildsNewMessage) {
        ends.push(
          end(
            node,
            'NEW_MESSAGE',
            'seems to build a new message, which belongs to no delivery',
            'change and pass on the message that it was given, or copy it with {...msg, payload: …}',
          ),
        )
      }
      return ends
    }
    case 'http request':
      return [
        end(
          node,
          'FAILS_AND_GOES_ON',
          'reports a failure and passes the message on all the same: the delivery counts as failed and comes again, whatever the flow does with the status code',
          `catch its errors and tick "an error that a catch node received counts as handled" at the source, or ${BY_HAND}`,
        ),
      ]
    default:
      return []
  }
}

/** Not if it only blocks, and not if it sends nothing the second time. */
function sendsLater(node: ConfiguredNode): boolean {
  const duration = Number(node['duration'] ?? 250)
  if (duration < 0) return true
  return duration !== 0 && node['op2type'] !== 'nul'
}

function later(node: ConfiguredNode): EarlyEnd {
  return end(
    node,
    'SENDS_LATER',
    'sends later, when its message is already taken for finished',
    `use delay or cadf-batch instead, or ${BY_HAND}`,
  )
}

function isSynchronous(type: string): boolean {
  return type.startsWith('subflow:') || SYNCHRONOUS.has(type)
}

function end(node: ConfiguredNode, code: EarlyEnd['code'], what: string, remedy: string): EarlyEnd {
  const name = node.name ? `${node.type} "${node.name}" (${node.id})` : `${node.type} (${node.id})`
  return { nodeId: node.id, code, what: `${quote(name)} ${what}`, remedy }
}
