// The simulated day at its full size: npx tsx test/simulation/day.ts [events] [kills] [factor]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulateDay } from './simulate-day'

async function main(): Promise<void> {
  const [events = 100_000, kills = 12, factor = 200] = process.argv.slice(2).map(Number)
  const folder = mkdtempSync(join(tmpdir(), 'simulated-day-'))
  try {
    const result = await simulateDay({
      ...{ events, kills, restarts: Math.ceil(kills / 3), factor, outageMinutes: 10, every: 100, folder },
      log: (text) => process.stdout.write(`${text}\n`),
    })
    process.stdout.write(`${JSON.stringify({ ...result, missing: result.missing.length }, null, 2)}\n`)
    process.exitCode = result.missing.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
  process.exit(1)
})
