import type { AuditStore } from '../../../src/audit/store'
import type { OpenStore } from '../audit-store'

/** A store for one test, closed after it. */
export async function withStore(open: OpenStore, use: (store: AuditStore) => Promise<void>): Promise<void> {
  const store = await open()
  try {
    await use(store)
  } finally {
    await store.close()
  }
}

/** One store for all tests of a `describe`, filled before the first of them. */
export function sharedStore(open: OpenStore, fill: (store: AuditStore) => Promise<unknown>): () => AuditStore {
  let store: AuditStore | undefined
  before(async () => {
    store = await open()
    await fill(store)
  })
  after(() => store?.close())
  return () => {
    if (store === undefined) throw new Error('the store could not be opened')
    return store
  }
}
