import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FlowNode as ExampleNode, fillInExample } from '../../lab/examples/fill-in'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { rangeText } from '../../lab/qualys/targets'
import type { CadfEvent } from '../../src/cadf/event'
import { cadfViolations } from '../../src/cadf/validate'
import type { AuditRecord } from '../../src/qualys/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { boundTo } from './bound'
import type { RealOpenStack } from './cloud/real-openstack'
import { JsonLines } from './json-lines'
import { operatorCredential } from './operator'

const EXAMPLE = join(
  __dirname,
  '../../examples/security-group-scan/01 - From a security-group change to a Qualys scan.json',
)
/** As the example names it. */
const QUEUE = 'openstack-events.scan'
const STATUSES = 'statuses.jsonl'
const WINDOW_SECONDS = 2
/** For the batch's window and for the look-up, the scan and the lines behind it. */
const PATIENCE_MS = 45_000

/** One line of the audit trail: kind of the change, address, and `scanned` or the code that says why not. */
export type Line = readonly [change: string, address: string | null, verdict: string]

/** What a line of the audit trail carries. */
export interface Audited extends AuditRecord {
  readonly event: CadfEvent
}

/**
 * The main example in a real Node-RED: from the real RabbitMQ or the real Neutron's log file, with an application credential
 * at the real Keystone and Neutron, to the pocket cloud's Qualys and syslog receiver.
 */
export class ExamplePipeline {
  readonly #pocket: PocketCloud
  readonly #red: NodeRed

  private constructor(pocket: PocketCloud, red: NodeRed) {
    this.#pocket = pocket
    this.#red = red
  }

  static async start(cloud: RealOpenStack, source: 'rabbitmq' | 'log-file'): Promise<ExamplePipeline> {
    const operator = await operatorCredential(cloud)
    const pocket = await startPocketCloud({ certificate: false })
    const { flows, credentials } = fillInExample(JSON.parse(readFileSync(EXAMPLE, 'utf8')) as ExampleNode[], {
      cloud: { ...pocket, urls: { ...pocket.urls, keystone: cloud.urls.keystone } },
      windowSeconds: WINDOW_SECONDS,
      ...(source === 'rabbitmq' ? { rabbitmq: cloud.broker.transportUrl() } : { logFile: cloud.logs.neutron }),
    })
    const changed: Readonly<Record<string, object>> = {
      'keystone-config': { applicationCredential: operator.id },
      // What is in the log file by now is not this test's.
      ...(source === 'log-file' && { 'openstack-notification-in': { start: 'end' } }),
    }
    const keystone = flows.find(({ type }) => type === 'keystone-config')
    const input = flows.find(({ type }) => type === 'openstack-notification-in')
    assert.ok(keystone && input)
    const userDir = mkdtempSync(join(tmpdir(), 'osx-example-'))
    let red: NodeRed | undefined
    try {
      red = await startNodeRed({
        userDir,
        flows: [...flows.map((node) => ({ ...node, ...changed[node.type] })), ...statusRecorder(input, userDir)],
        credentials: { ...credentials, [keystone.id]: { secret: operator.secret } },
      })
      const pipeline = new ExamplePipeline(pocket, red)
      await pipeline.#listening(cloud, source)
      return pipeline
    } catch (error) {
      await red?.remove()
      await pocket.close()
      throw error
    }
  }

  /** References of the scans launched, oldest first. */
  get scans(): readonly string[] {
    return this.#pocket.qualys.subscription.scans.map(({ reference }) => reference)
  }

  /**
   * Does something to the cloud and waits for what becomes of it; exactly these audit lines must reach the syslog server,
   * in any order, and one scan of exactly these targets Qualys, or none.
   */
  async audited(
    does: () => Promise<unknown>,
    lines: () => readonly Line[],
    targets: () => readonly string[] = () => [],
  ): Promise<readonly Audited[]> {
    const before = { lines: this.#received().length, scans: this.scans.length }
    await does()
    const expected = lines()
      .map((line) => line.join(' '))
      .sort()
    const fresh = () => this.#received().slice(before.lines)
    const shown = () =>
      fresh()
        .map(({ change, address, scan, code }) => [change, address, scan === null ? code : 'scanned'].join(' '))
        .sort()
    await waitFor(
      () => `${expected.join(', ')} to be audited; there are: ${shown().join(', ')}; ${this.#said()}`,
      () => shown().length >= expected.length,
      { timeoutMs: PATIENCE_MS },
    )
    assert.deepEqual(shown(), expected)
    const launched = this.#pocket.qualys.subscription.scans.slice(before.scans)
    const scanned = launched.map((scan) => scan.targets.map(rangeText))
    assert.deepEqual(scanned, targets().length === 0 ? [] : [targets()])
    for (const { event } of fresh()) assert.deepEqual(cadfViolations(event), [])
    return fresh()
  }

  async stop(): Promise<void> {
    await this.#red.remove()
    await this.#pocket.close()
  }

  #received(): Audited[] {
    return this.#pocket.syslog.lines.map(({ line, message }) => {
      assert.ok(message, line)
      const event = JSON.parse(message.text) as CadfEvent
      return { ...(event.attachments?.[0]?.content as AuditRecord), event }
    })
  }

  #said(): string {
    return `Node-RED says: ${this.#red.log().slice(-1500)}`
  }

  async #listening(cloud: RealOpenStack, source: 'rabbitmq' | 'log-file'): Promise<void> {
    if (source === 'rabbitmq') return boundTo(cloud, QUEUE, () => this.#said())
    const statuses = new JsonLines<{ text: string }>(join(this.#red.userDir, STATUSES))
    await waitFor(
      () => `the log file to be followed; ${this.#said()}`,
      () => statuses.all.some(({ text }) => text === 'following'),
      { timeoutMs: 30_000 },
    )
  }
}

/** Writes down the status of the source, which says when it has found the end of the file. */
function statusRecorder({ id, z }: ExampleNode, userDir: string): FlowNode[] {
  const place = { z, x: 100, y: 500 }
  return [
    { ...place, id: 'status', type: 'status', scope: [id], wires: [['status-text']] },
    {
      ...place,
      id: 'status-text',
      type: 'function',
      func: 'return { payload: JSON.stringify(msg.status) }',
      wires: [['status-file']],
    },
    {
      ...place,
      id: 'status-file',
      type: 'file',
      filename: join(userDir, STATUSES),
      filenameType: 'str',
      appendNewline: true,
      overwriteFile: 'false',
      wires: [[]],
    },
  ]
}
