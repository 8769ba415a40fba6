import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { conformance } from '../conformance/audit-store'

for (const fullText of [true, false]) {
  describe(`the SQLite engine ${fullText ? 'with' : 'without'} an index of words`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'audit-sqlite-'))
    const paths = new Map<AuditStore, string>()
    let made = 0
    after(() => rmSync(directory, { recursive: true }))

    async function open(path: string): Promise<AuditStore> {
      const store = await openSqliteStore({ path, fullText })
      paths.set(store, path)
      return store
    }

    conformance('keeps to what every audit store does', () => open(join(directory, `${++made}.sqlite`)), {
      reopen: (closed) => open(paths.get(closed) ?? ''),
    })
  })
}
