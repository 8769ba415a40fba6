import { randomUUID } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { systemClock } from '../../http/retry'
import type { AuditStore } from '../store'
import { plainUrl } from './address'
import { ChainLog } from './chain-log'
import { ChainWriter } from './chain-writer'
import { Connection } from './connection'
import { Control } from './control'
import { hermesSource } from './hermes/hermes-source'
import { Merged } from './hermes/merged'
import { ownSource } from './hermes/own-source'
import { Indices } from './indices'
import { WINDOW } from './mapping'
import { indexNames } from './names'
import type { OpenSearchOptions } from './options'
import { Searcher } from './search'
import { OpenSearchStore } from './store'

const DEFAULTS = {
  prefix: 'openstack-audit',
  refreshInterval: '1s',
  patienceMs: 60_000,
  limitMs: 30_000,
  deepest: 1_000_000,
  window: WINDOW,
}

/**
 * A trail in OpenSearch or Elasticsearch. Makes the indices it needs, finds the end of this writer's chain, and tells in it what a
 * process that died had not finished.
 */
export async function openOpenSearchStore(given: OpenSearchOptions): Promise<AuditStore> {
  const options = { ...DEFAULTS, ...withoutUndefined(given) }
  const clock = given.clock ?? systemClock
  const { http, writer, patienceMs, limitMs } = options
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(writer)) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `The writer name ${quote(writer, 60)} cannot be used.`, {
      remedy: 'Use letters, digits, ., _ and -.',
    })
  }
  const names = indexNames(options.prefix)
  const urls = options.urls.map(plainUrl)
  const connection = new Connection({ http, urls, credentials: given.credentials, clock })
  const indices = new Indices(
    connection,
    names,
    { replicas: given.replicas, refreshInterval: options.refreshInterval },
    patienceMs,
  )
  await indices.install()

  const control = new Control(connection, names, { patienceMs, limitMs })
  const log = new ChainLog(connection, names, { patienceMs, limitMs })
  const bulk = { clock, patienceMs, ensureIndex: (index: string) => indices.makeAgain(index) }
  const { head, last } = await log.end(writer)
  const chain = new ChainWriter(
    {
      connection,
      names,
      log,
      session: randomUUID(),
      writerNumber: await control.numberOf(writer),
      fullText: given.fullText ?? true,
      signer: given.signer,
      now: () => clock.now(),
      bulk,
      onRejected: given.onRejected ?? (() => {}),
    },
    head,
    last?.text,
  )
  const searcher = new Searcher(connection, names.events, limitMs)
  const sources = given.hermes === undefined ? [] : [hermesSource(connection, given.hermes, { limitMs, clock })]
  const merged = sources.length === 0 ? undefined : new Merged([ownSource(searcher), ...sources])
  const store = new OpenSearchStore({
    merged,
    options: { ...options, clock },
    connection,
    names,
    indices,
    control,
    log,
    chain,
    searcher,
    bulk,
  })
  await store.recover(last)
  return store
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
