/**
 * A long run of what the unit tests do with 20,000 bodies.
 * Run: npx tsx test/fuzz/run.ts [bodies, default 1000000] [seed, default of the clock]
 */
import { fuzz } from './fuzz'

const count = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000)
const from = performance.now()
console.log(`${count} bodies, seed ${seed}, Node ${process.version}`)
const report = fuzz(count, seed, (done) => {
  if (done % 100_000 === 0) console.log(`${done} after ${((performance.now() - from) / 1000).toFixed(0)} s`)
})
console.log(JSON.stringify(report, null, 2))
