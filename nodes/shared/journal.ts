import { join } from 'node:path'
import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { Journal } from '../../src/journal/journal'
import { openJournal } from '../../src/journal/sqlite-journal'

const FILE = 'openstack-events-journal.sqlite'
const open = new Map<string, Promise<Journal>>()

/**
 * The journal of this runtime's user directory, opened on first use and kept over deploys.
 * Rejects as {@link openJournal} does; a failure is not remembered, so the next deploy tries again.
 */
export function journalOf(RED: NodeAPI): Promise<Journal> {
  const { userDir } = RED.settings as { userDir?: string }
  if (userDir === undefined) {
    return Promise.reject(new OperatorError('JOURNAL_UNAVAILABLE', 'Node-RED has no user directory.'))
  }
  const path = join(userDir, FILE)
  const known = open.get(path)
  if (known !== undefined) return known
  const journal = openJournal(path)
  open.set(path, journal)
  journal.then(
    (opened) => reportOrphans(RED, opened),
    () => open.delete(path),
  )
  return journal
}

/** What a status shows of a journal that cannot be used; the whole error goes to the log. */
export function journalTrouble(error: unknown): string {
  const code = error instanceof OperatorError ? error.code : ''
  if (code === 'JOURNAL_IN_USE') return 'journal in use'
  if (code === 'JOURNAL_NEEDS_NODE') return 'needs Node 22.13'
  if (code === 'JOURNAL_DAMAGED') return 'journal damaged'
  if (code === 'JOURNAL_FULL') return 'journal: disk full'
  return describeError(error)
}

/** For tests and for a runtime that ends without its process. */
export async function closeJournals(): Promise<void> {
  const journals = [...open.values()]
  open.clear()
  await Promise.allSettled(journals.map(async (journal) => (await journal).close()))
}

/** Node-RED reports a removed and a disabled node alike, so rows are kept; a person should know that they are there. */
function reportOrphans(RED: NodeAPI, journal: Journal): void {
  RED.events.once('flows:started', () => {
    journal.owners().then(
      (owners) => {
        for (const { owner, rows, oldest } of owners) {
          if (RED.nodes.getNode(owner)) continue
          RED.log.warn(
            `[openstack-events] the journal keeps ${rows} rows since ${oldest} of node ${owner}, which is removed or disabled`,
          )
        }
      },
      (error: unknown) => RED.log.warn(`[openstack-events] ${describeError(error)}`),
    )
  })
}
