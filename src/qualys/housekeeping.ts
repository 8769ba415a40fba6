import type { Journal } from '../journal/journal'
import { SPLIT_KIND } from './isolate'
import { LAUNCH_KIND } from './launch'
import { readLaunchRecord } from './launch-record'
import { QUEUE_KIND } from './queue'
import { PLAN_KIND } from './scan'

/** How long launches are remembered after their message has gone: a message that comes again finds its scan. */
const REMEMBER_MS = 30 * 24 * 3600_000

/** Forgets what no message can come back for. Whatever is younger than the oldest message in the queue stays. */
export async function forgetOldLaunches(journal: Journal, owner: string, now: Date): Promise<void> {
  const [oldest] = await journal.list(owner, QUEUE_KIND, { limit: 1 })
  const limit = new Date(now.getTime() - REMEMBER_MS).toISOString()
  const before = oldest !== undefined && oldest.at < limit ? oldest.at : limit
  await journal.write([PLAN_KIND, LAUNCH_KIND, SPLIT_KIND].map((kind) => ({ do: 'expire', owner, kind, before })))
}

/** Titles of launches of which nobody knows whether they were made, and whose message is not in the queue any more. */
export async function orphanIntents(journal: Journal, owner: string): Promise<string[]> {
  const orphans: string[] = []
  for (const { key, value } of await journal.list(owner, LAUNCH_KIND)) {
    const record = readLaunchRecord(value)
    if (record?.state !== 'sending') continue
    const [message = key] = key.split('/')
    if ((await journal.get(owner, QUEUE_KIND, message)) === undefined) orphans.push(record.title)
  }
  return orphans
}
