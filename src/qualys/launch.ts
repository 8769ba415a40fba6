import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { backoffMs } from '../http/retry'
import type { Journal } from '../journal/journal'
import type { QualysClient } from './client'
import type { WaitCause } from './gate'
import { type LaunchRecord, readLaunchRecord } from './launch-record'
import { type ListedScan, listScans } from './scan-list'
import { simpleReturnOf } from './simple-return'

/** Everything that Qualys is told with a launch. */
export interface LaunchOrder {
  /** Journal key; the same order has the same key for ever. */
  readonly key: string
  readonly title: string
  readonly scanner: string
  readonly profile: { readonly by: 'title' | 'id'; readonly value: string }
  readonly targets: string
  /** 0 none, 1 emergency … 9 low */
  readonly priority: number
}

export type LaunchOutcome = Extract<LaunchRecord, { state: 'launched' | 'refused' }>

export interface LaunchContext {
  readonly client: QualysClient
  readonly journal: Journal
  /** The node's id. */
  readonly owner: string
  readonly signal: AbortSignal
  /** Calls of the window that are left to others. */
  readonly floor: number
  /** One launch call, ms; below {@link SEARCH_FOR_MS}, so that no call is under way when a launch is repeated. */
  readonly timeoutMs: number
  readonly onWait?: (until: number, why: WaitCause | 'search') => void
}

export const LAUNCH_KIND = 'qualys-launch'
/** A launch whose answer was lost shows in the list within this time, or it is taken as not made. */
export const SEARCH_FOR_MS = 2 * 60_000
const SEARCH_EVERY_MS = 30_000
/** Qualys' clock and ours may differ. */
const CLOCK_SLACK_MS = 5 * 60_000
const CONNECT_ATTEMPTS = 4
const CONNECT_BACKOFF = { firstMs: 2_000, capMs: 30_000 }

/**
 * Launches a scan at most once, across crashes. Qualys knows no idempotence key, so: the intent is journalled before the
 * call; a clear answer is journalled after it; and when there is none (connection cut, timeout, 5xx, the process died)
 * the list of scans is searched for the title, and only when it has not shown up for two minutes the launch is repeated,
 * once, and marked as possibly duplicated.
 *
 * Rejects with what a person must mend (`QUALYS_REFUSED`, `QUALYS_PATH`), with `QUALYS_UNREACHABLE`, or with the signal's
 * reason; calling again carries on where it stopped.
 */
export async function launchOnce(order: LaunchOrder, context: LaunchContext): Promise<LaunchOutcome> {
  const { journal, owner, client, signal, onWait } = context
  const put = async (record: LaunchRecord) => {
    await journal.write([{ do: 'put', owner, kind: LAUNCH_KIND, key: order.key, value: record }])
    return record
  }
  const now = () => new Date(client.clock.now()).toISOString()
  const about = { title: order.title, scanner: order.scanner, targets: order.targets }

  let record = readLaunchRecord((await journal.get(owner, LAUNCH_KIND, order.key))?.value)
  for (let unreachable = 0; ; ) {
    if (record?.state === 'launched' || record?.state === 'refused') return record
    if (record?.state === 'sending') {
      record = await put(await reconcile(order, record, context))
      continue
    }
    const unclear: number = record?.unclear ?? 0
    const answer = await client.once({
      api: 'launch',
      params: parametersOf(order),
      floor: context.floor,
      timeoutMs: Math.min(context.timeoutMs, SEARCH_FOR_MS - 10_000),
      signal,
      onWait,
      beforeSend: async () => {
        signal.throwIfAborted()
        record = await put({ state: 'sending', ...about, unclear, at: now() })
      },
    })
    switch (answer.kind) {
      case 'ok': {
        const reference = simpleReturnOf(answer.root)?.items.get('REFERENCE')
        // Neither reference nor code: whatever this is, it is no clear answer.
        if (reference)
          record = await put({ state: 'launched', ...about, reference, at: now(), duplicated: unclear > 0 })
        break
      }
      case 'refused': {
        const { code, message, addresses } = answer
        record = await put({ state: 'refused', ...about, code, message, addresses, at: now() })
        break
      }
      case 'unclear':
        break
      case 'wait':
        // 1981: the same request is still being processed.
        if (answer.why !== 'unfinished') record = await put({ state: 'ready', ...about, unclear })
        break
      case 'stop':
        await put({ state: 'ready', ...about, unclear })
        throw answer.error
      case 'not-sent':
        record = await put({ state: 'ready', ...about, unclear })
        unreachable += 1
        if (unreachable >= CONNECT_ATTEMPTS) {
          throw new OperatorError('QUALYS_UNREACHABLE', `The launch was not sent: ${answer.error.message}`, {
            retryable: true,
          })
        }
        await client.clock.sleep(1_000 + backoffMs(unreachable, CONNECT_BACKOFF, client.clock.random), signal)
    }
  }
}

function parametersOf({ title, profile, targets, scanner, priority }: LaunchOrder): Record<string, string> {
  return {
    action: 'launch',
    scan_title: title,
    [profile.by === 'id' ? 'option_id' : 'option_title']: profile.value,
    ip: targets,
    iscanner_name: scanner,
    ...(priority > 0 ? { priority: String(priority) } : {}),
  }
}

type Sending = Extract<LaunchRecord, { state: 'sending' }>

/** What became of a launch without a clear answer: found in the list, to be sent once more, or given up. */
async function reconcile(order: LaunchOrder, sending: Sending, context: LaunchContext): Promise<LaunchRecord> {
  const { unclear } = sending
  const { title, scanner, targets } = order
  const at = new Date(context.client.clock.now()).toISOString()
  const found = await searchByTitle(title, sending, context)
  const [first] = found
  if (first !== undefined) {
    const others = found.slice(1).map(({ reference }) => reference)
    const message = others.length === 0 ? {} : { message: `also running: ${quote(others.join(', '))}` }
    const duplicated = unclear > 0 || others.length > 0
    return { state: 'launched', title, scanner, targets, reference: first.reference, at, duplicated, ...message }
  }
  if (unclear === 0) return { state: 'ready', title, scanner, targets, unclear: 1 }
  return {
    state: 'refused',
    title,
    scanner,
    targets,
    code: 'LAUNCH_UNCLEAR',
    message: 'Sent twice without a clear answer and not in the list of scans; not sent again',
    addresses: false,
    at,
  }
}

/** Searches until found or until the list has lacked it for {@link SEARCH_FOR_MS}; the first launched first. */
async function searchByTitle(title: string, { at }: Sending, context: LaunchContext): Promise<ListedScan[]> {
  const { client, signal, onWait } = context
  const { clock } = client
  const until = clock.now() + SEARCH_FOR_MS
  for (;;) {
    const askedAt = clock.now()
    const launchedAfter = Date.parse(at) - CLOCK_SLACK_MS + Math.min(0, client.clockOffsetMs)
    const scans = await listScans(client, new Date(launchedAfter), { signal, onWait })
    const found = scans.filter((scan) => scan.title === title)
    if (found.length > 0) return found.sort((a, b) => (a.launchedAt ?? '').localeCompare(b.launchedAt ?? ''))
    if (askedAt >= until) return []
    const next = Math.min(clock.now() + SEARCH_EVERY_MS, until)
    onWait?.(until, 'search')
    await clock.sleep(Math.max(0, next - clock.now()), signal)
  }
}
