import { randomBytes, randomUUID } from 'node:crypto'
import type { NodeAPI } from 'node-red'
import { signerOf } from '../../src/audit/chain/signing'
import { openOpenSearchStore } from '../../src/audit/opensearch/open'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import type { AuditTrail } from '../../src/audit/trail'
import { openTrail } from '../../src/audit/trail/open'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import type { KeystoneSession } from '../../src/openstack/session'
import { systemTimers } from '../../src/time/timers'
import { httpClientFor } from '../shared/http'
import { journalOf } from '../shared/journal'
import { configurationOf } from './configuration'
import type { StoreSettings } from './settings'

export interface Surroundings {
  readonly RED: NodeAPI
  /** The config node's. */
  readonly nodeId: string
  readonly keystone: KeystoneSession | undefined
  readonly tls: string | undefined
  readonly proxy: string | undefined
  readonly onNotice: (text: string) => void
}

/** Rejects as the engines do. */
export async function openConfigured(settings: StoreSettings, around: Surroundings): Promise<AuditTrail> {
  const { cloud, retention, recordByDefault, tenantRules, checkpoints } = settings
  const { keystone, onNotice } = around
  const store = await openStore(settings, around)
  if (store.trouble !== undefined) onNotice(describeError(store.trouble))
  try {
    return await openTrail({
      ...{ store, cloud, retention, recordByDefault, tenantRules, checkpoints, onNotice },
      configuration: configurationOf(settings, keystone !== undefined),
      ...(keystone === undefined ? {} : { keystone }),
      onRetention: ({ removed, error }) => {
        if (removed > 0) onNotice(`retention removed ${removed} events`)
        if (error !== undefined) onNotice(`retention ended early: ${describeError(error)}`)
      },
      ...{ timers: systemTimers, random: Math.random, uuid: randomUUID },
    })
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

async function openStore(settings: StoreSettings, around: Surroundings): Promise<AuditStore> {
  const { key, fullText } = settings
  if (settings.engine === 'sqlite') {
    return openSqliteStore({ path: settings.path, fullText, ...(key === undefined ? {} : { key }) })
  }
  const { RED, nodeId, tls, proxy, onNotice } = around
  const writer = await writerOf(RED, nodeId)
  const { url, credentials, indexPrefix, hermesIndices, cloud } = settings
  return openOpenSearchStore({
    http: httpClientFor(RED, { tls, proxy }),
    ...{ urls: [url], credentials, prefix: indexPrefix, writer, fullText },
    ...(key === undefined ? {} : { signer: signerOf(key) }),
    ...(hermesIndices === '' ? {} : { hermes: { indices: hermesIndices, cloud } }),
    onRejected: (id, reason) => onNotice(`the event ${quote(id, 80)} is kept as text only: ${quote(reason)}`),
  })
}

/**
 * Under which this Node-RED writes its chain. The same flow may run in several, so the node's id alone does not do; the journal
 * keeps it over restarts.
 */
async function writerOf(RED: NodeAPI, nodeId: string): Promise<string> {
  try {
    const journal = await journalOf(RED)
    const known = await journal.get(nodeId, 'audit-writer', 'id')
    if (typeof known?.value === 'string') return known.value
    const value = `${nodeId}-${randomBytes(4).toString('hex')}`
    await journal.write([{ do: 'put', owner: nodeId, kind: 'audit-writer', key: 'id', value }])
    return value
  } catch (thrown) {
    throw new OperatorError('AUDIT_STORE_AWAY', `The journal cannot be used: ${describeError(thrown)}`, {
      retryable: thrown instanceof OperatorError && thrown.retryable,
      cause: thrown,
    })
  }
}
