import { OperatorError } from '../../errors/operator-error'
import { systemClock } from '../../http/retry'
import type { VerifyReport } from '../chain/model'
import type { VerifyOptions } from '../chain/verify'
import { plainUrl } from './address'
import { ChainLog } from './chain-log'
import { Connection } from './connection'
import { indexNames } from './names'
import type { OpenSearchOptions } from './options'
import { Searcher } from './search'
import { verifyIndices } from './verifying'

export type ReadOnlyOptions = Pick<OpenSearchOptions, 'http' | 'urls' | 'credentials' | 'clock'> & {
  readonly prefix: string
}

const PATIENCE = { patienceMs: 10_000, limitMs: 60_000, readOnly: true }
/** A batch that is younger may be on its way. */
const UNDER_WAY_MS = 120_000
/** Two refreshes of indices as they are made, for a user who may not ask for one. */
const SETTLE_MS = 2_000

/**
 * Verifies a trail in a cluster without writing anything to it: a user who may read the indices can do it, from any machine.
 * @throws OperatorError as the store does; `AUDIT_STORE_REFUSED` also where there is no trail of that name
 */
export async function verifyReadOnly(options: ReadOnlyOptions, by: VerifyOptions): Promise<VerifyReport> {
  const { http, urls, credentials, clock = systemClock } = options
  const names = indexNames(options.prefix)
  const connection = new Connection({ http, urls: urls.map(plainUrl), credentials, clock })
  // A name that is not there would be an empty trail, of which nothing is wrong.
  const { status } = await connection.ask({
    method: 'POST',
    path: `/${names.chain}/_search`,
    json: { size: 0 },
    allow: [404],
    ...{ patienceMs: PATIENCE.patienceMs, timeoutMs: PATIENCE.limitMs },
  })
  if (status === 404) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `The cluster has no index ${names.chain}.`, {
      remedy: 'Give the prefix of the indices as the audit store node has it.',
    })
  }
  const log = new ChainLog(connection, names, PATIENCE)
  const searcher = new Searcher(connection, names.events, PATIENCE.limitMs)
  const refresh = async () => {
    const path = `/${names.events},${names.chain}/_refresh?ignore_unavailable=true`
    const how = { patienceMs: PATIENCE.patienceMs, timeoutMs: PATIENCE.limitMs }
    const { status } = await connection.ask({ method: 'POST', path, allow: [403], ...how })
    if (status === 403) await clock.sleep(SETTLE_MS)
  }
  const settle = async ({ time }: { readonly time: string }) => {
    if (clock.now() - Date.parse(time) > UNDER_WAY_MS) return
    await clock.sleep(SETTLE_MS)
    await refresh()
  }
  await refresh()
  return verifyIndices({ log, searcher, settle }, by)
}
