import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import type { Report, StopAt } from '../support/qualys-scan-process'
import { waitFor } from '../support/wait-for'
import { change, occurrence } from '../unit/qualys/exposures'

const program = join(__dirname, '..', 'support', 'qualys-scan-process.ts')
const message = (id: string, addresses: string[]) =>
  occurrence([change(addresses, { messageId: id })], { messageId: id })

interface Run {
  readonly reports: Report[]
  readonly outcomes: () => Extract<Report, { at: 'outcome' }>[]
  /** SIGKILL, as the kernel does when memory runs out. */
  kill(): Promise<void>
}

describe('a process that is killed while it scans', function () {
  this.timeout(60_000)
  let cloud: PocketCloud
  let directory: string
  let runs: ChildProcess[]

  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    directory = mkdtempSync(join(tmpdir(), 'qualys-kill-'))
    runs = []
  })
  afterEach(async () => {
    await Promise.all(runs.map(kill))
    await cloud.close()
    rmSync(directory, { recursive: true, force: true })
  })

  function run(stopAt: StopAt, messages: object[] = []): Run {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        QUALYS_URL: cloud.urls.qualys,
        QUALYS_JOURNAL: join(directory, 'journal.sqlite'),
        QUALYS_STOP_AT: stopAt,
        QUALYS_MESSAGES: JSON.stringify(messages),
      },
    })
    runs.push(child)
    const reports: Report[] = []
    if (child.stdout) createInterface(child.stdout).on('line', (line) => reports.push(JSON.parse(line) as Report))
    return {
      reports,
      outcomes: () => reports.filter((line): line is Extract<Report, { at: 'outcome' }> => line.at === 'outcome'),
      kill: () => kill(child),
    }
  }
  const stopped = (process: Run) =>
    waitFor('the process to reach its place', () => process.reports.some(({ at }) => at === 'stopped'))
  const scans = () => cloud.qualys.subscription.scans

  const one = message('message-1', ['192.52.193.7'])

  it('between intent and launch launches once in the end, and says that it may have been twice', async () => {
    const first = run('intent', [one])
    await stopped(first)
    await first.kill()
    assert.equal(scans().length, 0)
    const second = run('nowhere')
    const [outcome] = await waitFor('the outcome', () => (second.outcomes().length > 0 ? second.outcomes() : undefined))
    assert.deepEqual(outcome?.statuses, ['possibly-duplicated'])
    assert.equal(scans().length, 1)
    assert.deepEqual(outcome?.references, [scans()[0]?.reference])
  })

  it('after the launch and before journalling it adopts the scan', async () => {
    const first = run('answer', [one])
    await stopped(first)
    await first.kill()
    assert.equal(scans().length, 1)
    const second = run('nowhere')
    const [outcome] = await waitFor('the outcome', () => (second.outcomes().length > 0 ? second.outcomes() : undefined))
    assert.deepEqual(outcome?.statuses, ['launched'])
    assert.deepEqual(outcome?.references, [scans()[0]?.reference])
    assert.equal(scans().length, 1)
  })

  it('after the launch is journalled carries on with the rest of its chunks', async () => {
    const addresses = Array.from({ length: 8 }, (_, index) => `192.52.193.${index + 1}`)
    const first = run('journalled', [message('message-1', addresses)])
    await stopped(first)
    await first.kill()
    assert.equal(scans().length, 1)
    const second = run('nowhere')
    const [outcome] = await waitFor('the outcome', () => (second.outcomes().length > 0 ? second.outcomes() : undefined))
    assert.deepEqual(outcome?.statuses, ['launched', 'launched'])
    assert.equal(scans().length, 2)
  })

  it('before its outcome is accepted sends the outcome again and scans nothing', async () => {
    const first = run('delivered', [one])
    await stopped(first)
    await first.kill()
    const second = run('nowhere')
    await waitFor('the outcome', () => second.outcomes().length > 0)
    assert.deepEqual(second.outcomes(), first.outcomes())
    assert.equal(scans().length, 1)
  })

  it('finds its scan when the message itself is delivered again', async () => {
    const first = run('answer', [one])
    await stopped(first)
    await first.kill()
    const second = run('nowhere', [{ ...one, _msgid: 'delivered again' }])
    await waitFor('the outcome', () => second.outcomes().length > 0)
    await waitFor('the message to be taken', () => second.reports.some(({ at }) => at === 'taken'))
    await second.kill()
    const third = run('nowhere', [{ ...one, _msgid: 'and again' }])
    const [outcome] = await waitFor('the outcome', () => (third.outcomes().length > 0 ? third.outcomes() : undefined))
    assert.deepEqual(outcome?.references, [scans()[0]?.reference])
    assert.equal(scans().length, 1)
  })

  it('at any moment, again and again, launches nothing twice and loses nothing', async () => {
    cloud.qualys.behaviour.callMs = 40
    const messages = Array.from({ length: 10 }, (_, index) =>
      message(`message-${index}`, [`192.52.193.${index * 10 + 1}`, `192.52.193.${index * 10 + 3}`]),
    )
    const outcomes = new Map<string, string[]>()
    const keep = (process: Run) => {
      for (const { key, references } of process.outcomes()) outcomes.set(key, references)
    }
    let next = run('nowhere', messages)
    await waitFor('all to be on disk', () => next.reports.filter(({ at }) => at === 'taken').length === 10)
    for (const after of [60, 110, 30, 170]) {
      await waitFor('a sign of life', () => next.reports.length > 0 || outcomes.size === 10)
      await new Promise((resolve) => setTimeout(resolve, after))
      await next.kill()
      keep(next)
      next = run('nowhere')
    }
    const last = next
    await waitFor(
      'all outcomes',
      () => {
        keep(last)
        return outcomes.size === 10
      },
      { timeoutMs: 30_000 },
    )
    assert.equal(new Set(scans().map(({ title }) => title)).size, 10)
    assert.equal(scans().length, 10)
    assert.deepEqual(
      [...outcomes.values()].flat().sort(),
      scans()
        .map(({ reference }) => reference)
        .sort(),
    )
  })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
