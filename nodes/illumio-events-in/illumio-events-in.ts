import { join } from 'node:path'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import type { DeliverySource } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { systemClock } from '../../src/http/retry'
import type { PceClient } from '../../src/illumio/client'
import { Cursor } from '../../src/illumio/cursor'
import { Poller } from '../../src/illumio/poller'
import type { Journal } from '../../src/journal/journal'
import { jsonLinesFile } from '../../src/journal/json-lines-file'
import { serviceOf } from '../shared/config-node'
import { showCounts } from '../shared/counters'
import { deliveryService } from '../shared/delivery'
import { whenFlowsStarted } from '../shared/flows-started'
import { onClose } from '../shared/input'
import { journalTrouble } from '../shared/journal'
import { patientJournal } from '../shared/patient-journal'
import { statusOf } from '../shared/status'
import { PollerStatus } from './poller-status'
import { type PollSettings, readPollSettings } from './settings'

interface IllumioEventsInConfig extends NodeDef {
  readonly account?: string
  readonly [setting: string]: unknown
}

const DRAIN_MS = 5000

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function IllumioEventsInNode(this: Node, config: IllumioEventsInConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    let started: { close(): Promise<void> } | undefined
    status.connecting('starting')
    const forgetStart = whenFlowsStarted(RED, () => {
      try {
        started = start(RED, this, config, status)
      } catch (thrown) {
        const code = thrown instanceof OperatorError ? thrown.code : ''
        status.attention(code === 'ILLUMIO_NO_ACCOUNT' ? 'no PCE' : describeError(thrown))
        this.error(describeError(thrown))
      }
    })
    onClose(this, async () => {
      forgetStart()
      await started?.close()
      status.clear()
    })
  }
  RED.nodes.registerType('illumio-events-in', IllumioEventsInNode)
}

/** @throws OperatorError ILLUMIO_CONFIG, ILLUMIO_NO_ACCOUNT, SECOND_COPY */
function start(RED: NodeAPI, node: Node, config: IllumioEventsInConfig, status: ReturnType<typeof statusOf>) {
  const settings = readPollSettings(config)
  const client = serviceOf<PceClient>(RED, config.account)
  if (client === undefined) {
    throw new OperatorError('ILLUMIO_NO_ACCOUNT', 'No PCE account is chosen, or it is not complete.', {
      remedy: 'Open the node, choose an account, and test it there.',
    })
  }
  const shown = new PollerStatus(node, status, settings.window)
  let poller: Poller | undefined
  const counts = { received: 0, deadLetters: 0 }
  showCounts(RED, node, () => ({ ...counts }))
  const deliveries = deliveryService(RED).source({
    id: node.id,
    deadlineMs: settings.deadlineMs,
    caughtErrorsCountAsHandled: config['caught'] === true,
    onPause: (reason) => {
      poller?.pause()
      shown.paused(reason)
    },
    onResume: () => {
      shown.paused(undefined)
      poller?.resume()
    },
    onLateSend: (total) => shown.lateSends(total),
  })
  const stop = new AbortController()
  const starting = patientJournal(RED, stop.signal, (thrown, first) => {
    status.attention(journalTrouble(thrown))
    if (first) node.error(describeError(thrown))
  }).then(async (journal) => {
    if (journal === undefined || stop.signal.aborted) return
    poller = await openPoller(RED, node, { settings, client, journal, deliveries, shown, counts })
    if (!stop.signal.aborted) poller.start()
  })
  starting.catch((thrown: unknown) => {
    status.attention(describeError(thrown))
    node.error(describeError(thrown))
  })
  return {
    close: async () => {
      stop.abort()
      await starting.catch(() => {})
      await poller?.stop()
      await deliveries.drain(DRAIN_MS)
      deliveries.close()
      await poller?.close()
    },
  }
}

interface Parts {
  readonly settings: PollSettings
  readonly client: PceClient
  readonly journal: Journal
  readonly deliveries: DeliverySource
  readonly shown: PollerStatus
  readonly counts: { received: number; deadLetters: number }
}

async function openPoller(RED: NodeAPI, node: Node, parts: Parts): Promise<Poller> {
  const { settings, client, journal, deliveries, shown, counts } = parts
  const { origin, org } = client.account
  const userDir = (RED.settings as { userDir?: string }).userDir ?? process.cwd()
  const cursor = await Cursor.load({
    journal,
    owner: node.id,
    key: `${origin}/orgs/${org}`,
    overlapMs: settings.overlapMs,
    onTrouble: (thrown) => shown.placeTrouble(thrown),
  })
  return new Poller({
    ...settings,
    client,
    cursor,
    clock: systemClock,
    deliveries,
    send: (message) => {
      counts.received += 1
      shown.received(counts.received)
      node.send(message)
    },
    keepDeadLetter: jsonLinesFile(join(userDir, `openstack-events-dead-letters-${node.id}.jsonl`)),
    report: (state) => {
      if (state.kind === 'dead-letter') counts.deadLetters += 1
      shown.show(state)
    },
  })
}
