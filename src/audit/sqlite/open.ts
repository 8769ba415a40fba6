import { closeSync, openSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { readOwner, writeOwner } from '../../journal/owner-file'
import { type SigningKey, signerOf, type VerifyingKey, verifierOf } from '../chain/signing'
import type { AuditStore } from '../store'
import type { Opened, ReaderCalls, WriterCalls } from './calls'
import { errorOf, type Failure, needsNode, unwritable } from './failure'
import { SqliteStore } from './sqlite-store'
import { Thread } from './thread'

export interface SqliteStoreOptions {
  /** Of the file, on a local disk; made with mode 0600 where there is none. `-wal`, `-shm`, `.lock` and `.owner` stand beside it. */
  readonly path: string
  /** Keeps an index of words, for a quarter more time and a tenth more space. Decided when the file is made. */
  readonly fullText: boolean
  /** Signs checkpoints and retention records. */
  readonly key?: SigningKey
  /** Those that were used before, for {@link AuditStore.verify}. */
  readonly formerKeys?: readonly VerifyingKey[]
  /** The file grows no further; what is inserted then is rejected with `AUDIT_STORE_FULL`. */
  readonly maxBytes?: number
  /** Of one question, ms; 30 s. */
  readonly slowestMs?: number
  readonly now?: () => Date
}

/**
 * Opens the store, creating it. One process writes to it at a time.
 *
 * Rejects with `AUDIT_STORE_NEEDS_NODE` (older than 22.13), `AUDIT_STORE_IN_USE` (retryable), `AUDIT_STORE_DAMAGED` (nothing of it
 * can be read), `AUDIT_STORE_REFUSED` (no such directory, no permission, not a store), `AUDIT_KEY`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<AuditStore> {
  if (!isBuiltin('node:sqlite')) throw needsNode()
  const keys = [...(options.key === undefined ? [] : [options.key]), ...(options.formerKeys ?? [])]
  if (options.key !== undefined) signerOf(options.key)
  keys.forEach(verifierOf)
  const { path, fullText, key, maxBytes, slowestMs = 30_000, now = () => new Date() } = options
  try {
    for (const file of [path, `${path}.lock`]) closeSync(openSync(file, 'a', 0o600))
  } catch (cause) {
    throw unwritable(path, cause)
  }
  const toError = (failure: Failure) => errorOf(failure, path, () => readOwner(path))
  const data = {
    ...({ role: 'writer', path, fullText } as const),
    ...(key === undefined ? {} : { key }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  }
  const reader = () => new Thread<ReaderCalls>({ role: 'reader', path, keys }, toError)
  const writer = new Thread<WriterCalls>(data, toError)
  const quick = reader()
  try {
    const { damaged } = (await writer.opened) as Opened
    const trouble = damaged === undefined ? undefined : toError({ code: 'DAMAGED', message: damaged })
    await quick.ask('settings')
    writeOwner(path, now())
    return new SqliteStore({ writer, quick, another: reader, trouble, slowestMs })
  } catch (error) {
    await Promise.allSettled([quick.close(), writer.close()])
    throw error
  }
}
