import type { Node, NodeAPI, NodeDef } from 'node-red'
import type { DeliverySource } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { isGlobal } from '../../src/exposure/global-address'
import type { Journal } from '../../src/journal/journal'
import type { QualysClient } from '../../src/qualys/client'
import { forgetOldLaunches, orphanIntents } from '../../src/qualys/housekeeping'
import { ScanQueue } from '../../src/qualys/queue'
import { givenUp, refusedForIpv6, runScan, type ScanSettings, scanKey } from '../../src/qualys/scan'
import { readScanRequest } from '../../src/qualys/scan-request'
import { readScanSettings } from '../../src/qualys/settings'
import { serviceOf } from '../shared/config-node'
import { deliveryService } from '../shared/delivery'
import { whenFlowsStarted } from '../shared/flows-started'
import { onClose, onInput } from '../shared/input'
import { journalOf, journalTrouble } from '../shared/journal'
import { patientJournal } from '../shared/patient-journal'
import { refuseEverything } from '../shared/refuse-everything'
import { statusOf } from '../shared/status'
import { sendOutcome, sendRecords } from './outcome'
import { QueueStatus } from './queue-status'

interface QualysScanConfig extends NodeDef {
  readonly account?: string
  readonly [setting: string]: unknown
}

/** Node-RED gives a closing node 15 s; a launch that is under way should come to its answer. */
const CLOSE_WITHIN_MS = 10_000
const DRAIN_MS = 5_000
const DAY_MS = 24 * 3600_000

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function QualysScanNode(this: Node, config: QualysScanConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    try {
      const settings = readScanSettings(config)
      const client = serviceOf<QualysClient>(RED, config.account)
      if (client === undefined) throw new OperatorError('QUALYS_CONFIG', 'No usable Qualys account is chosen.')
      run(RED, this, settings, client, new QueueStatus(status, client, settings))
    } catch (thrown) {
      status.attention(
        thrown instanceof OperatorError && thrown.code === 'SECOND_COPY' ? 'second copy' : 'not configured',
      )
      this.error(describeError(thrown))
      refuseEverything(RED, this, thrown)
    }
  }

  RED.nodes.registerType('qualys-scan', QualysScanNode)
}

function run(RED: NodeAPI, node: Node, settings: ScanSettings, client: QualysClient, shown: QueueStatus): void {
  let queue: ScanQueue | undefined
  const source = deliveryService(RED).source({
    id: node.id,
    onPause: () => queue?.pause(),
    onSuspend: () => queue?.pause(),
    onResume: () => queue?.resume(),
  })
  const stop = new AbortController()
  let trouble: unknown
  const failed = (thrown: unknown, first = true) => {
    trouble = thrown
    shown.unusable(journalTrouble(thrown))
    if (first) node.error(describeError(thrown))
  }
  const opening = patientJournal(RED, stop.signal, failed).then(async (journal) => {
    if (journal === undefined) throw trouble
    queue = queueOf(node, settings, client, shown, journal, source)
    await tidyUp(node, journal)
    return queue
  })
  const daily = setInterval(() => {
    journalOf(RED)
      .then((journal) => forgetOldLaunches(journal, node.id, new Date()))
      .catch((thrown: unknown) => node.warn(describeError(thrown)))
  }, DAY_MS)
  daily.unref()
  // Each message fails with the reason; here it is said once.
  opening.catch((thrown: unknown) => {
    if (thrown !== trouble) failed(thrown)
  })
  const start = () => {
    opening.then((opened) => opened.start().catch((thrown: unknown) => failed(thrown))).catch(() => {})
  }
  const forgetStart = whenFlowsStarted(RED, start)
  const forgetResume = client.onResume(() => queue?.retryNow())

  onInput(RED, node, async (msg, send, { begin }) => {
    // A journal that is only slow to open is worth waiting for; one in trouble is not.
    if (queue === undefined && trouble !== undefined) throw trouble
    const ready = await opening
    const request = readScanRequest(msg)
    const refused = refusedForIpv6(request, settings, new Date())
    if (refused !== undefined) {
      sendRecords(node, send, msg, refused)
      throw new OperatorError('QUALYS_IPV6', 'The message asks to scan IPv6 addresses, which is set to fail.')
    }
    begin()
    await ready.add(scanKey(request, settings), msg)
  })
  onClose(node, async () => {
    stop.abort()
    forgetStart()
    clearInterval(daily)
    forgetResume()
    const stopped = opening.then((opened) => opened.stop()).catch(() => {})
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN_MS)
    })
    await Promise.all([Promise.race([stopped, limit]), source.drain(DRAIN_MS)])
    clearTimeout(timer)
    source.close()
  })
}

function queueOf(
  node: Node,
  settings: ScanSettings,
  client: QualysClient,
  shown: QueueStatus,
  journal: Journal,
  source: DeliverySource,
): ScanQueue {
  const { clock } = client
  return new ScanQueue({
    journal,
    owner: node.id,
    clock,
    scan: (key, message, signal) => {
      const context = { client, journal, owner: node.id, signal, isGlobal, onWait: shown.waitingFor }
      return runScan(key, readScanRequest(message), settings, context).finally(shown.notWaiting)
    },
    giveUp: (key, message, why) => givenUp(key, readScanRequest(message), settings, new Date(clock.now()), why),
    deliver: (message, finished, settled) => sendOutcome(node, source, message, finished, settled),
    onState: shown.show,
    onWarning: (text) => node.warn(text),
  })
}

async function tidyUp(node: Node, journal: Journal): Promise<void> {
  await forgetOldLaunches(journal, node.id, new Date())
  for (const title of await orphanIntents(journal, node.id)) {
    node.warn(`whether the scan "${title}" was launched is not known, and its message is gone: look for it at Qualys`)
  }
}
