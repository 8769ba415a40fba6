import type { OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import type { RabbitSource } from '../../src/notification/rabbitmq/source'
import type { NodeStatus } from '../shared/status'

/** The few words for which there is room; the log has the sentence. */
const SHORT: Readonly<Record<string, string>> = {
  BUS_UNREACHABLE: 'broker away',
  BUS_HOST_UNKNOWN: 'host unknown',
  BUS_LOGIN_REFUSED: 'login refused',
  BUS_VHOST_REFUSED: 'virtual host refused',
  BUS_TLS: 'TLS fails',
  BUS_RIGHTS: 'right missing, see log',
  BUS_QUEUE_DIFFERS: 'queue differs, see log',
  BUS_QUEUE_SHARED: 'shared queue, see log',
  BUS_QUEUE_MISSING: 'queue missing',
  BUS_QUEUE_LOCKED: 'queue locked',
  BUS_MISSING: 'queue missing',
}

/** Shows what a source does: on which side it waits, or how much is in the flow. */
export function showRabbitSource(
  source: RabbitSource,
  status: NodeStatus,
  paused: string | undefined,
  now: number,
  lateSends: number,
  received = 0,
): void {
  const { state } = source
  switch (state.kind) {
    case 'closed':
      return
    case 'preparing':
      status.connecting('preparing the queue')
      return
    case 'suspended':
      status.healing(`suspended: ${paused ?? 'a sink is away'}`)
      return
    case 'failed':
      showFailure(status, state.error, state.retryAt - now)
      return
    case 'connection':
      switch (state.state.kind) {
        case 'waiting':
          showFailure(status, state.state.error, state.state.retryAt - now)
          return
        case 'blocked':
          status.healing(`broker alarm: ${state.state.reason}`)
          return
        default:
          status.connecting('connecting')
      }
      return
    case 'consuming':
      showConsuming(source, status, paused, lateSends, received)
  }
}

function showConsuming(
  source: RabbitSource,
  status: NodeStatus,
  paused: string | undefined,
  lateSends: number,
  received: number,
): void {
  const { inFlight, deadLetters, missingExchanges: missing, trouble } = source
  const dead = `${deadLetters > 0 ? `, ${deadLetters} dead-lettered` : ''}${lateSends > 0 ? `, ${lateSends} sent late` : ''}`
  if (paused !== undefined) status.healing(`paused: ${paused}`)
  else if (trouble !== undefined) status.attention(short(trouble))
  else if (inFlight > 0) status.busy(`${inFlight}/${source.settings.prefetch} in flight${dead}`)
  else if (missing.length > 0)
    status.connecting(`waits for ${missing.map((name) => quote(name, 20)).join(', ')}${dead}`)
  else status.ready(`consuming${received > 0 ? `, ${received} received` : ''}${dead}`)
}

function showFailure(status: NodeStatus, error: OperatorError, waitMs: number): void {
  if (error.retryable) status.healing(`${short(error)}, next try in ${Math.max(0, Math.ceil(waitMs / 1000))} s`)
  else status.attention(short(error))
}

function short(error: OperatorError): string {
  return SHORT[error.code] ?? quote(error.message, 40)
}
