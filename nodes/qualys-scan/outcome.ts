import type { Node } from 'node-red'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { auditRecords } from '../../src/qualys/audit-records'
import type { FinishedScan } from '../../src/qualys/scan'
import { readScanRequest } from '../../src/qualys/scan-request'
import type { Send } from '../shared/input'

/** Sends the scan and its audit records as one delivery of the node's own. */
export function sendOutcome(
  node: Node,
  source: DeliverySource,
  message: object,
  finished: FinishedScan,
  settled: (settlement: Settlement) => void,
): void {
  const delivery = source.open(settled)
  const send: Send = (out) => node.send(out as never)
  try {
    send([{ ...message, scan: finished.scan, _delivery: delivery.token } as never, null])
    sendRecords(node, send, { ...message, _delivery: delivery.token }, finished)
  } finally {
    delivery.sent()
  }
}

/** One message for each record: an array of many would be cloned from the second one on. */
export function sendRecords(node: Node, send: Send, message: object, finished: FinishedScan): void {
  const {
    payload: _,
    event: __,
    exposure: ___,
    batch: ____,
    _msgid: _____,
    ...rest
  } = message as Record<string, unknown>
  const observer = { id: node.id, name: node.name || 'qualys-scan' }
  for (const { record, event, occurrence } of auditRecords(readScanRequest(message), finished, observer)) {
    const { topic, notification } = occurrence
    send([null, { ...rest, topic, payload: record, event, ...(notification && { notification }) } as never])
  }
}
