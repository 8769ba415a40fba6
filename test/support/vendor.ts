import { type LabClock, labClock } from '../../lab/clock'
import type { LabHandler, LabService, RecordedExchange } from '../../lab/http/exchange'
import { Faults } from '../../lab/http/faults'
import { listenHttp } from '../../lab/http/listener'
import { proxyPages } from '../../lab/http/pages'
import type { VendorTools } from '../../lab/vendors'

export interface RunningVendor<V> {
  readonly vendor: V
  readonly url: string
  /** Every exchange, oldest first. */
  readonly received: RecordedExchange[]
  readonly faults: Faults
  readonly clock: LabClock
  /** The body of the last request, read as JSON. */
  lastBody(): Record<string, unknown>
  close(): Promise<void>
}

/** One service of the pocket cloud by itself, on a free port. */
export async function startVendor<V extends { readonly handler: LabHandler }>(
  service: LabService,
  make: (tools: VendorTools) => V,
): Promise<RunningVendor<V>> {
  const clock = labClock()
  const faults = new Faults(proxyPages)
  const received: RecordedExchange[] = []
  const vendor = make({ clock })
  const record = (exchange: RecordedExchange) => received.push(exchange)
  const listener = await listenHttp({ service, port: 0, clock, faults, handler: vendor.handler, record })
  return {
    vendor,
    url: listener.origin,
    received,
    faults,
    clock,
    lastBody: () => JSON.parse(received.at(-1)?.request.body ?? 'null') as Record<string, unknown>,
    close: () => listener.close(),
  }
}
