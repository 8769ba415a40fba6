import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DayResult, simulateDay } from '../simulation/simulate-day'

/** The full size: npx tsx test/simulation/day.ts (docs/illumio.md). */
describe('Three quarters of an hour at a busy PCE, with restarts, kills, refusals and an outage', function () {
  this.timeout(300_000)
  let folder: string
  let result: DayResult
  const log: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'illumio-day-'))
    result = await simulateDay({
      ...{ events: 3000, kills: 3, restarts: 1, factor: 150, outageMinutes: 10, every: 20, folder },
      log: (text) => log.push(text),
    }).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${log.join('\n')}`)
    })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('went wrong as it was meant to', () => {
    for (const answer of ['illumio 429', 'illumio 503', 'illumio 0', 'jira 0', 'servicenow 0', 'slack 503']) {
      assert.ok((result.answers[answer] ?? 0) > 0, `${answer}: ${JSON.stringify(result.answers)}`)
    }
    assert.equal(log.filter((line) => line.endsWith(' killed')).length, 3)
  })

  it('brings every event into the audit store, once', () => {
    assert.deepEqual(result.missing, [])
    assert.deepEqual([result.tooMany, result.deadLetters], [0, 0])
    assert.ok((result.own['illumio.poll.failed'] ?? 0) > 0)
    assert.equal(result.own['gap.illumio'], undefined)
  })

  for (const system of ['jira', 'servicenow'] as const) {
    it(`opens each ticket once at ${system}, and writes nothing twice`, () => {
      assert.deepEqual(result.tickets[system], { wanted: 150, opened: 150, again: 0 })
    })
  }

  for (const service of ['slack', 'webhook'] as const) {
    it(`tells ${service} of everything, with one repetition for each kill at most`, () => {
      const { wanted, different, repeats } = result.told[service]
      assert.deepEqual([wanted, different], [150, 150])
      assert.ok(repeats <= 3, `${repeats} came twice`)
      process.stdout.write(`      ${service}: ${repeats} repeated in ${result.kills} kills\n`)
    })
  }
})
