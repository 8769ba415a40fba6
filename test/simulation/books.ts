import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PocketCloud } from '../../lab/pocket-cloud'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { CadfEvent } from '../../src/cadf/event'
import type { BusyPce } from './busy-pce'

/** What a sink has of what it should have. */
export interface SinkBook {
  readonly sink: string
  /** Knows by a key what it has: nothing of it may be there twice. */
  readonly keyed: boolean
  readonly wanted: number
  readonly got: number
  readonly missing: readonly string[]
  /** Beyond the first of each. */
  readonly repeats: number
  /** What nobody sent it for. */
  readonly strange: number
}

export interface StoreBook extends SinkBook {
  /** What the source told of itself, by type. */
  readonly own: Readonly<Record<string, number>>
  /** What is wrong with the chain of hashes; undefined: nothing. */
  readonly broken: string | undefined
}

/** Everybody's books, when the day is over. */
export async function sinkBooks(cloud: PocketCloud, pce: BusyPce): Promise<readonly SinkBook[]> {
  const { vendors, smtp } = cloud
  const { tickets, alerts } = pce
  const texts = <T>(list: readonly T[], of: (one: T) => unknown = (one) => one) =>
    list.map((one) => JSON.stringify(of(one)))
  const { issues } = vendors.jira.site
  const { records } = vendors.servicenow.instance
  const jira = bookOf(
    'Jira',
    true,
    tickets,
    POLICY,
    texts(issues, ({ fields }) => fields),
  )
  const serviceNow = bookOf(
    'ServiceNow',
    true,
    tickets,
    POLICY,
    texts(records, ({ values }) => values),
  )
  const gitHub = bookOf(
    'GitHub',
    true,
    tickets,
    POLICY,
    texts(vendors.github.repository.issues, ({ body }) => body),
  )
  const comments = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0)
  return [
    withMore(jira, comments(issues.map((issue) => issue.comments))),
    withMore(serviceNow, comments(records.map(({ notes }) => notes))),
    withMore(gitHub, comments(vendors.github.repository.issues.map((issue) => issue.comments))),
    bookOf(
      'PagerDuty',
      true,
      alerts,
      HOST,
      texts(vendors.pagerduty.alerts, ({ payload }) => payload),
    ),
    bookOf('Slack', false, alerts, HOST, texts(vendors.slack.messages)),
    bookOf(
      'Teams',
      false,
      alerts,
      HOST,
      texts(vendors.teams.runs, ({ card }) => card),
    ),
    bookOf(
      'mail',
      false,
      alerts,
      HOST,
      texts(smtp?.mails ?? [], ({ parts }) => parts),
    ),
    bookOf(
      'SNS',
      false,
      alerts,
      HOST,
      texts(vendors.sns.world.published, ({ message }) => message),
    ),
    withMore(
      bookOf(
        'web hook',
        false,
        alerts,
        HOST,
        texts(vendors.webhook.receiver.taken, ({ body }) => body),
      ),
      vendors.webhook.receiver.repeated,
    ),
  ]
}

/** In what a sink was told: the number of the policy, or of the host. */
const POLICY = /sec[\W_]+policy\W+(\d+)/
const HOST = /host-(\d+)\.example\.net/

function bookOf(
  sink: string,
  keyed: boolean,
  wanted: ReadonlySet<string>,
  pattern: RegExp,
  texts: readonly string[],
): SinkBook {
  const missing = new Set(wanted)
  let repeats = 0
  let strange = 0
  for (const text of texts) {
    const [, number = ''] = pattern.exec(text) ?? []
    if (!wanted.has(number)) strange += 1
    else if (!missing.delete(number)) repeats += 1
  }
  return { sink, keyed, wanted: wanted.size, got: texts.length, missing: [...missing], repeats, strange }
}

/** Comments beyond what opened a ticket, and what a receiver threw away as it knew it. */
function withMore(book: SinkBook, repeats: number): SinkBook {
  return { ...book, repeats: book.repeats + repeats }
}

/** The audit store of a process that has ended. */
export async function storeBook(folder: string, pce: BusyPce): Promise<StoreBook> {
  const missing = new Set(pce.events.keys())
  const own: Record<string, number> = {}
  let got = 0
  let repeats = 0
  let strange = 0
  const store = await openSqliteStore({ path: join(folder, 'audit.sqlite'), fullText: false })
  try {
    const filter = { scope: { tenants: 'all' as const }, where: [] }
    for await (const portion of store.export({ filter, order: 'oldest-first' })) {
      for (const { body } of portion) {
        const { id, initiator, attachments } = JSON.parse(body) as CadfEvent
        const type = attachments?.[0]?.name ?? 'unknown'
        if (initiator.name === 'illumio-events-in') own[type] = (own[type] ?? 0) + 1
        else if (!pce.events.has(id)) strange += 1
        else if (!missing.delete(id)) repeats += 1
        if (pce.events.has(id)) got += 1
      }
    }
    const { ok, findings } = await store.verify([])
    return {
      ...{ sink: 'audit store', keyed: true, wanted: pce.events.size, got, repeats, strange, own },
      missing: [...missing].map((id) => `${id} ${pce.events.get(id) ?? ''}`),
      broken: ok ? undefined : JSON.stringify(findings.slice(0, 3)),
    }
  } finally {
    await store.close()
  }
}

/** Events that were given up. */
export function deadLetters(folder: string): readonly string[] {
  const file = join(folder, 'dead-letters.jsonl')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
