import type { Node, NodeAPI, NodeMessage } from 'node-red'
import { occurrenceOf } from '../../src/audit/asking/occurrence'
import { pagesOf } from '../../src/audit/asking/pages'
import { type Question, questionOf } from '../../src/audit/asking/question'
import { rowOf } from '../../src/audit/asking/table'
import type { AuditTrail } from '../../src/audit/trail'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { serviceOf } from '../shared/config-node'
import { deliveryService } from '../shared/delivery'
import { evaluated } from '../shared/evaluate'
import { type InputContext, onClose, onInput, type Send } from '../shared/input'
import { unusable } from '../shared/keeping-node'
import { statusOf } from '../shared/status'
import { addAdminEndpoints } from './admin-endpoints'
import { type Answer, answerOf, oneEvent, verified } from './answer'
import { isControl, Replaying } from './replaying'
import { scopeOf } from './scope'
import { type AuditQueryConfig, type QuerySettings, readQuerySettings, type Wanted } from './settings'

type Message = Record<string, unknown>

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function AuditQueryNode(this: Node, config: AuditQueryConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const trail = serviceOf<AuditTrail>(RED, config.store)
    let settings: QuerySettings
    let replaying: Replaying | undefined
    try {
      settings = readQuerySettings(config)
      if (trail === undefined) throw noStore()
      if (settings.wanted.kind === 'replay') replaying = new Replaying(RED, this, status)
    } catch (thrown) {
      unusable(RED, this, status, thrown)
      return
    }
    const { wanted, asked } = settings
    const { store } = trail

    const ask = async (msg: Message, send: Send, context: InputContext): Promise<string | undefined> => {
      const scope = await scopeOf(RED, this, config, settings, msg)
      if (wanted.kind === 'event') {
        const id = await evaluated(RED, this, msg, wanted.id, 'AUDIT_QUERY_SETTING')
        return tell(msg, send, await oneEvent(store, scope, id))
      }
      if (wanted.kind === 'verify') return tell(msg, send, await verified(store, msg['checkpoints'], context.signal))
      const question = questionOf(asked, msg['query'], scope, Date.now())
      if (wanted.kind === 'sequence') return sendEach(RED, store, question, wanted, msg, send, context.signal)
      if (wanted.kind !== 'replay') return tell(msg, send, await answerOf(store, wanted, question))
      const end = replaying?.run(store, question, wanted)
      // A source would give the message again while the replay is still running.
      if (context.token !== undefined) end?.catch((thrown: unknown) => this.error(describeError(thrown)))
      else msg['audit'] = await end
      return undefined
    }

    onInput<Message>(RED, this, async (msg, send, context) => {
      const { replay } = msg
      if (replaying !== undefined && replay !== undefined) {
        if (!isControl(replay)) throw loop()
        replaying.control(replay)
        return
      }
      if (wanted.kind !== 'replay') status.busy('asking')
      try {
        const said = await ask(msg, send, context)
        if (said !== undefined) status.ready(said)
      } catch (thrown) {
        const known = thrown instanceof OperatorError ? thrown : undefined
        if (known?.retryable) status.healing(known.code)
        else if (known?.code !== 'AUDIT_REPLAY_RUNNING') status.attention(known?.code ?? describeError(thrown))
        throw thrown
      }
    })
    onClose(this, () => replaying?.close())
  }
  RED.nodes.registerType('audit-query', AuditQueryNode)
  addAdminEndpoints(RED)
}

function tell(msg: Message, send: Send, { payload, audit, said, more }: Answer): string {
  send(Object.assign(msg, more, { payload, audit }) as NodeMessage)
  return said
}

/** One message for each event, as the flow had it when it was stored; a join node puts them together again. */
async function sendEach(
  RED: NodeAPI,
  store: AuditTrail['store'],
  question: Question,
  { shape }: Extract<Wanted, { kind: 'sequence' }>,
  msg: Message,
  send: Send,
  signal: AbortSignal | undefined,
): Promise<string> {
  const id = RED.util.generateId()
  const { parts: outer } = msg
  let sent = 0
  let held: Message | undefined
  const release = (count?: number) => {
    if (held === undefined) return
    // Only at the end it is known how many there are: retention may have taken some meanwhile.
    const numbers = count === undefined ? {} : { count }
    const parts = {
      id,
      type: 'array',
      len: 1,
      index: sent,
      ...numbers,
      ...(outer === undefined ? {} : { parts: outer }),
    }
    send({ ...held, parts } as unknown as NodeMessage)
    sent += 1
    held = undefined
  }
  for await (const { events, total } of pagesOf(store, question, signal)) {
    for (const event of events) {
      release()
      const audit = { total }
      const told = shape === 'rows' ? { payload: rowOf(event) } : occurrenceOf(event)
      held = { ...RED.util.cloneMessage(msg as NodeMessage), ...told, audit }
    }
  }
  release(sent + 1)
  return `${sent} events`
}

function noStore(): OperatorError {
  return new OperatorError('AUDIT_QUERY_CONFIG', 'The node has no audit store.', {
    remedy: 'Choose an audit-store-config node that exists and is enabled.',
  })
}

function loop(): OperatorError {
  return new OperatorError(
    'AUDIT_REPLAY_LOOP',
    'The message is one that was replayed, or msg.replay is not understood.',
    {
      remedy: 'msg.replay is "pause", "resume" or "stop"; what is replayed must not come back to the node.',
    },
  )
}
