import type { QualysClient } from '../../src/qualys/client'
import type { WaitCause } from '../../src/qualys/gate'
import type { QueueState } from '../../src/qualys/queue'
import type { ScanSettings } from '../../src/qualys/scan'
import type { NodeStatus } from '../shared/status'

const CAUSES: Readonly<Record<WaitCause | 'search', string>> = {
  rate: 'rate limit',
  concurrency: 'concurrency limit',
  maintenance: 'Qualys maintenance',
  floor: 'floor of calls left',
  search: 'looking for a launch without answer',
}

/** What the queue is doing, in one line under the node. */
export class QueueStatus {
  readonly #status: NodeStatus
  readonly #client: QualysClient
  readonly #settings: ScanSettings
  #state: QueueState = { waiting: 0, delivering: 0, failed: 0 }
  #wait: { readonly until: number; readonly why: WaitCause | 'search' } | undefined

  constructor(status: NodeStatus, client: QualysClient, settings: ScanSettings) {
    this.#status = status
    this.#client = client
    this.#settings = settings
    status.connecting('opening the journal')
  }

  readonly show = (state: QueueState): void => {
    this.#state = state
    this.#draw()
  }

  readonly waitingFor = (until: number, why: WaitCause | 'search'): void => {
    this.#wait = { until, why }
    this.#draw()
  }

  readonly notWaiting = (): void => {
    this.#wait = undefined
  }

  unusable(reason: string): void {
    this.#status.attention(reason)
  }

  #draw(): void {
    const { waiting, delivering, failed, trouble } = this.#state
    const status = this.#status
    const queue = waiting === 0 ? '' : `, ${waiting} waiting`
    const wait = this.#wait !== undefined && this.#wait.until > this.#client.clock.now() ? this.#wait : undefined
    if (trouble !== undefined && !trouble.heals) status.attention(`stopped${queue}: ${trouble.message}`)
    else if (trouble !== undefined) status.healing(`next try ${timeOf(trouble.retryAt)}${queue}: ${trouble.message}`)
    else if (wait !== undefined) status.connecting(`${CAUSES[wait.why]} until ${timeOf(wait.until)}${queue}`)
    else if (failed > 0) status.healing(`${failed} not taken by the flow, sent again${queue}`)
    else if (waiting > 0) status.busy(`${waiting} waiting${this.#callsLeft()}`)
    else if (delivering > 0) status.busy(`${delivering} on their way${this.#callsLeft()}`)
    else status.ready(`${this.#settings.dryRun ? 'dry run' : 'ready'}${this.#callsLeft()}`)
  }

  #callsLeft(): string {
    const { remaining, limit } = this.#client.limits('launch')
    if (remaining === undefined) return ''
    return `, ${remaining}${limit === undefined ? '' : ` of ${limit}`} calls left`
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}
