import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { complaintsOf, dayTable } from '../simulation/day-table'
import { type DayResult, simulateDay } from '../simulation/simulate-day'

/** The full size: npx tsx test/simulation/day.ts (docs/illumio.md). */
describe('Half an hour at a busy PCE, with restarts, kills, deploys, refusals and an outage', function () {
  this.timeout(300_000)
  let folder: string
  let result: DayResult
  const log: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'illumio-day-'))
    result = await simulateDay({
      ...{ seed: 138, events: 2000, kills: 2, restarts: 1, deploys: 1, holdUps: ['kill'], refusals: 3 },
      ...{ factor: 150, outageMinutes: 5, every: 20, folder },
      log: (text) => log.push(text),
    }).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${log.join('\n')}`)
    })
    process.stdout.write(`${dayTable(result)}\n`)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('went wrong as it was meant to', () => {
    for (const answer of ['illumio 429', 'illumio 503', 'illumio cut', 'jira cut', 'servicenow cut', 'slack 503']) {
      assert.ok((result.answers[answer] ?? 0) > 0, `${answer}: ${JSON.stringify(result.answers)}`)
    }
    assert.deepEqual([result.kills, result.restarts, result.deploys, result.holdUps], [3, 1, 1, 1])
    assert.ok((result.store.own['illumio.poll.failed'] ?? 0) > 0)
  })

  it('brings every event into the audit store, once, and tells of no gap', () => {
    assert.deepEqual([result.store.missing, result.store.repeats, result.store.strange], [[], 0, 0])
    assert.equal(result.store.wanted, 2000)
    assert.equal(result.store.own['gap.illumio'], undefined)
  })

  it('opens each ticket once in every system, and tells everybody of each alert', () => {
    assert.deepEqual(
      result.sinks.map(({ wanted, missing }) => [wanted, missing.length]),
      result.sinks.map(() => [100, 0]),
    )
    assert.deepEqual(
      result.sinks.filter(({ keyed }) => keyed).map(({ sink, repeats }) => [sink, repeats]),
      ['Jira', 'ServiceNow', 'GitHub', 'PagerDuty'].map((sink) => [sink, 0]),
    )
  })

  it('repeats no more than one message at a service for each kill, and gives up nothing', () => {
    assert.deepEqual(complaintsOf(result), [])
  })
})
