// The simulated day at its full size: npx tsx test/simulation/day.ts [--seed n] [--events n] [--factor n] [--kills n]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { complaintsOf, dayTable } from './day-table'
import { simulateDay } from './simulate-day'

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      events: { type: 'string', default: '100000' },
      factor: { type: 'string', default: '300' },
      kills: { type: 'string', default: '9' },
    },
  })
  const [seed, events, factor, kills] = [values.seed, values.events, values.factor, values.kills].map(Number) as [
    ...[number, number, number, number],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'simulated-day-'))
  process.stdout.write(`--seed ${seed}\n`)
  try {
    const result = await simulateDay({
      ...{ seed, events, factor, kills, restarts: 3, deploys: 3, refusals: 6, outageMinutes: 10, every: 100, folder },
      holdUps: ['kill', 'restart', 'kill', 'deploy', 'kill', undefined],
      log: (text) => process.stdout.write(`${text}\n`),
    })
    process.stdout.write(`\n${dayTable(result)}\n`)
    process.exitCode = complaintsOf(result).length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
  process.exit(1)
})
