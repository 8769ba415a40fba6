import { labClock } from '../../lab/clock'
import type { LabHandler, LabService, RecordedExchange } from '../../lab/http/exchange'
import { Faults } from '../../lab/http/faults'
import { listenHttp } from '../../lab/http/listener'

export interface RunningService {
  readonly url: string
  readonly faults: Faults
  readonly received: RecordedExchange[]
  close(): Promise<void>
}

/** One service of the pocket cloud by itself. */
export async function labService(
  service: LabService,
  handler: LabHandler,
  clock = labClock(),
): Promise<RunningService> {
  const faults = new Faults({})
  const received: RecordedExchange[] = []
  const record = (exchange: RecordedExchange) => void received.push(exchange)
  const listener = await listenHttp({ service, port: 0, clock, faults, handler, record })
  return { url: listener.origin, faults, received, close: () => listener.close() }
}
