/**
 * A process that scans: the real journal, the real client and the real queue, without Node-RED, so that tests can kill it.
 * Takes its messages from QUALYS_MESSAGES (JSON), stops where QUALYS_STOP_AT says and reports on its standard output.
 */
import { isGlobal } from '../../src/exposure/global-address'
import type { HttpClient } from '../../src/http/client'
import type { Clock } from '../../src/http/retry'
import { undiciClient } from '../../src/http/undici-client'
import type { Journal } from '../../src/journal/journal'
import { openJournal } from '../../src/journal/sqlite-journal'
import { QualysClient } from '../../src/qualys/client'
import { endpointOf } from '../../src/qualys/endpoint'
import { ScanQueue } from '../../src/qualys/queue'
import { givenUp, runScan, type ScanSettings, scanKey } from '../../src/qualys/scan'
import { readScanRequest } from '../../src/qualys/scan-request'

/** Where the process stands still, to be killed there. */
export type StopAt = 'intent' | 'answer' | 'journalled' | 'delivered' | 'nowhere'

export type Report =
  | { readonly at: 'taken'; readonly key: string }
  | { readonly at: 'stopped' }
  | {
      readonly at: 'outcome'
      readonly key: string
      readonly statuses: readonly string[]
      readonly references: string[]
    }

const environment = (name: string) => process.env[name] ?? ''
const stopAt = environment('QUALYS_STOP_AT') as StopAt
const report = (line: Report) => process.stdout.write(`${JSON.stringify(line)}\n`)
const standStill = (): Promise<never> => {
  report({ at: 'stopped' })
  return new Promise(() => {})
}

const settings: ScanSettings = {
  ...{ profile: { by: 'title', value: 'Open ports' }, external: true, appliances: [], ipv6: 'drop', priority: 0 },
  ...{ titlePrefix: 'osx', chunk: { addresses: 4, bytes: 8192 }, floor: 0, timeoutMs: 20_000, dryRun: false },
}

/** A minute passes in a fifth of a second. */
function hurriedClock(): Clock {
  let skipped = 0
  return {
    now: () => Date.now() + skipped,
    random: Math.random,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setTimeout(resolve, ms / 300))
      signal?.throwIfAborted()
      skipped += ms
    },
  }
}

function stoppingHttp(http: HttpClient): HttpClient {
  return {
    async request(request) {
      const launches = request.body?.includes('action=launch') === true
      if (launches && stopAt === 'intent') return standStill()
      const response = await http.request(request)
      return launches && stopAt === 'answer' ? standStill() : response
    },
    close: () => http.close(),
  }
}

function stoppingJournal(journal: Journal): Journal {
  return {
    get: (...asked) => journal.get(...asked),
    list: (...asked) => journal.list(...asked),
    count: (...asked) => journal.count(...asked),
    owners: () => journal.owners(),
    close: () => journal.close(),
    async write(operations) {
      const written = await journal.write(operations)
      const launched = operations.some(
        (operation) => operation.do === 'put' && (operation.value as { state?: string }).state === 'launched',
      )
      return launched && stopAt === 'journalled' ? standStill() : written
    },
  }
}

async function main(): Promise<void> {
  const clock = hurriedClock()
  const journal = stoppingJournal(await openJournal(environment('QUALYS_JOURNAL')))
  const client = new QualysClient({
    endpoint: endpointOf(environment('QUALYS_URL')),
    ...{ username: 'pocket_ab1', password: 'qualys-pocket', http: stoppingHttp(undiciClient()), clock },
  })
  const queue = new ScanQueue({
    ...{ journal, owner: 'node', clock },
    scan: (key, message, signal) =>
      runScan(key, readScanRequest(message), settings, { client, journal, owner: 'node', signal, isGlobal }),
    giveUp: (key, message, why) => givenUp(key, readScanRequest(message), settings, new Date(), why),
    deliver: (_message, { scan }, settled) => {
      const references = scan.launches.flatMap(({ reference }) => reference ?? [])
      report({ at: 'outcome', key: scan.key, statuses: scan.launches.map(({ status }) => status), references })
      if (stopAt === 'delivered') void standStill()
      else setImmediate(() => settled({ outcome: 'accepted' }))
    },
    onState: () => {},
    onWarning: (text) => process.stderr.write(`${text}\n`),
  })
  await queue.start()
  for (const message of JSON.parse(environment('QUALYS_MESSAGES')) as object[]) {
    const key = scanKey(readScanRequest(message), settings)
    await queue.add(key, message)
    report({ at: 'taken', key })
  }
}

// Nothing else may keep the process: it is killed, or told by its parent to end.
process.stdin.on('end', () => process.exit(0)).resume()
main().catch((thrown: unknown) => {
  console.error(thrown)
  process.exit(1)
})
