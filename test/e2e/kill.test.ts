import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillInExample } from '../../lab/examples/fill-in'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { MAIN_EXAMPLE, readExample } from '../support/example'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

/** Long enough that the kill comes first. */
const WINDOW_S = 3

describe('the main example, its Node-RED killed with SIGKILL', function () {
  this.timeout(240_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kill-'))
    const logFile = join(directory, 'neutron-server.log')
    cloud = await startPocketCloud({ certificate: false, notifications: { logFile } })
    const { flows, credentials } = fillInExample(readExample(MAIN_EXAMPLE), { cloud, logFile, windowSeconds: WINDOW_S })
    nodeRed = await startNodeRed({ flows, credentials })
  })
  afterEach(async () => {
    await nodeRed?.remove()
    await cloud?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function openPort(): Promise<string> {
    const answer = await fetch(`${cloud.urls.control}/demo/open-port`, { method: 'POST' })
    const { rule } = (await answer.json()) as { rule: { id: string } }
    return rule.id
  }

  async function killAndStartAgain(): Promise<void> {
    await nodeRed.kill()
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
  }

  const launches = () =>
    cloud.received.filter(({ request }) => request.service === 'qualys' && request.body.includes('action=launch'))
  const scans = () => cloud.qualys.subscription.scans
  const linesNaming = (text: string) => cloud.syslog.lines.filter(({ line }) => line.includes(text))
  const auditedWith = (rule: string, reference: string) =>
    waitFor(
      () =>
        `an audit line with ${rule} and ${reference}; there are ${cloud.syslog.lines.length}: ${nodeRed.log().slice(-800)}`,
      () => linesNaming(rule).some(({ line }) => line.includes(reference)),
      { timeoutMs: 30_000 },
    )

  it('while a batch is open keeps the batch and scans once', async () => {
    const rule = await openPort()
    // The notification is journalled in the batch once the file source has moved past it; nothing shows outside, so give it time.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    assert.equal(launches().length, 0, 'the kill comes before the end of the window')
    await killAndStartAgain()
    await waitFor('the scan', () => scans().length === 1, { timeoutMs: 30_000 })
    await auditedWith(rule, String(scans()[0]?.reference))
    assert.equal(launches().length, 1)
  })

  it('after the launch but before its answer finds the scan again and launches nothing twice', async () => {
    cloud.faults.add({
      service: 'qualys',
      bodyMatches: 'action=launch',
      slowBody: { bytes: 1, everyMs: 1000 },
      times: 1,
    })
    const rule = await openPort()
    await waitFor('the launch to be handled', () => scans().length === 1, { timeoutMs: 30_000 })
    await killAndStartAgain()
    await auditedWith(rule, String(scans()[0]?.reference))
    assert.equal(scans().length, 1)
    assert.equal(launches().length, 1)
  })

  it('between intent and launch searches for two minutes, then launches once and marks it', async () => {
    cloud.faults.add({
      service: 'qualys',
      bodyMatches: 'action=launch',
      delayMs: 3_600_000,
      disconnect: 'before',
      times: 1,
    })
    const rule = await openPort()
    await waitFor('the launch to be sent', () => cloud.faults.list().some(({ used }) => used > 0), {
      timeoutMs: 30_000,
    })
    await killAndStartAgain()
    await waitFor('the scan', () => scans().length === 1, { timeoutMs: 180_000, everyMs: 250 })
    await auditedWith(rule, String(scans()[0]?.reference))
    assert.ok(linesNaming(rule).some(({ line }) => line.includes('possibly-duplicated')))
    assert.equal(scans().length, 1)
  })
})

describe('two Node-REDs on one user directory', function () {
  this.timeout(60_000)

  it('work one at a time: the second says that the journal is in use and starts no source', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'two-'))
    const logFile = join(directory, 'neutron-server.log')
    const cloud = await startPocketCloud({ certificate: false, notifications: { logFile } })
    const { flows, credentials } = fillInExample(readExample(MAIN_EXAMPLE), { cloud, logFile, windowSeconds: 1 })
    const first = await startNodeRed({ flows, credentials })
    const second = await startNodeRed({ userDir: first.userDir })
    try {
      await second.waitForLog(/in use by process \d+/)
      await fetch(`${cloud.urls.control}/demo/open-port`, { method: 'POST' })
      await waitFor('the scan', () => cloud.qualys.subscription.scans.length > 0, { timeoutMs: 30_000 })
      await new Promise((resolve) => setTimeout(resolve, 3000))
      assert.equal(cloud.qualys.subscription.scans.length, 1)
    } finally {
      await second.stop()
      await first.remove()
      await cloud.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
