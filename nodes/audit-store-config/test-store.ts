import { accessSync, constants, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import type { NodeAPI } from 'node-red'
import type { AuditStore } from '../../src/audit/store'
import { OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { httpClientFor } from '../shared/http'
import type { AuditStoreConfigNode } from './audit-store-config'
import type { StoreSettings } from './settings'

/** What was found, as a key of the dialog's texts with its values. */
export interface Found {
  readonly found: 'open' | 'empty' | 'newFile' | 'file' | 'search'
  readonly values: Readonly<Record<string, string | number>>
}

interface Around {
  readonly deployed: AuditStoreConfigNode | undefined
  readonly tls: string | undefined
  readonly proxy: string | undefined
}

const WITHIN_MS = 15_000

/**
 * Whether a store can be used as the dialog says. One that is deployed is asked; a file that is not open is looked at only, as opening it
 * would make it.
 */
export async function testStore(RED: NodeAPI, settings: StoreSettings, around: Around): Promise<Found> {
  if (settings.engine === 'opensearch') return askSearch(RED, settings, around)
  const { deployed } = around
  if (deployed?.settings?.engine === 'sqlite' && deployed.settings.path === settings.path) {
    return ofOpen(await deployed.service.store.size())
  }
  if (!isBuiltin('node:sqlite')) {
    throw new OperatorError(
      'AUDIT_STORE_NEEDS_NODE',
      `The audit store needs Node 22.13 or newer; this is ${process.version}.`,
    )
  }
  return ofFile(settings.path)
}

function ofOpen({ events, bytes, oldest }: Awaited<ReturnType<AuditStore['size']>>): Found {
  if (oldest === undefined) return { found: 'empty', values: {} }
  return {
    found: 'open',
    values: { events, megabytes: megabytes(bytes), oldest: new Date(oldest / 1000).toISOString() },
  }
}

function ofFile(path: string): Found {
  const shown = quote(path, 300)
  try {
    accessSync(dirname(path), constants.W_OK)
    const known = statSync(path, { throwIfNoEntry: false })
    if (known === undefined) return { found: 'newFile', values: { path: shown } }
    accessSync(path, constants.W_OK)
    if (known.isFile()) return { found: 'file', values: { path: shown, megabytes: megabytes(known.size) } }
  } catch (cause) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `The file ${shown} cannot be written.`, {
      remedy: 'Check that its directory exists and belongs to the user that runs Node-RED.',
      cause,
    })
  }
  throw new OperatorError('AUDIT_STORE_REFUSED', `${shown} is no file.`)
}

async function askSearch(
  RED: NodeAPI,
  { url, credentials }: Extract<StoreSettings, { engine: 'opensearch' }>,
  { tls, proxy }: Around,
): Promise<Found> {
  const http = httpClientFor(RED, { tls, proxy })
  const { username, password = '', apiKey } = credentials
  const login = apiKey ? `ApiKey ${apiKey}` : username ? `Basic ${btoa(`${username}:${password}`)}` : undefined
  try {
    const { status, text } = await http.request({
      ...{ method: 'GET', url: `${url.replace(/\/+$/, '')}/`, timeoutMs: WITHIN_MS, maxBytes: 1024 * 1024 },
      headers: { accept: 'application/json', ...(login === undefined ? {} : { authorization: login }) },
    })
    if (status === 401 || status === 403) {
      throw new OperatorError('AUDIT_STORE_REFUSED', `The search engine refuses the user (status ${status}).`)
    }
    if (status !== 200) throw new OperatorError('AUDIT_STORE_AWAY', `The search engine answered with status ${status}.`)
    return { found: 'search', values: named(text) }
  } finally {
    await http.close()
  }
}

function named(text: string): Record<string, string> {
  try {
    const { version } = JSON.parse(text) as { version?: { distribution?: unknown; number?: unknown } }
    if (typeof version?.number === 'string') {
      const name = typeof version.distribution === 'string' ? version.distribution : 'Elasticsearch'
      return { name: quote(name, 40), version: quote(version.number, 40) }
    }
  } catch {
    // Said below.
  }
  throw new OperatorError('AUDIT_STORE_REFUSED', 'What answers there is neither OpenSearch nor Elasticsearch.')
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 100_000) / 10
}
