import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { textSearch } from '../conformance/audit/text-search'
import { conformance } from '../conformance/audit-store'

describe('the SQLite engine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'audit-sqlite-'))
  const paths = new Map<AuditStore, string>()
  after(() => rmSync(directory, { recursive: true }))

  async function open(path: string, fullText: boolean): Promise<AuditStore> {
    const store = await openSqliteStore({ path, fullText })
    paths.set(store, path)
    return store
  }
  const another = (fullText: boolean) => () => open(join(directory, `${paths.size}.sqlite`), fullText)

  conformance('does what every audit store does', another(true), {
    reopen: (closed) => open(paths.get(closed) ?? '', true),
  })

  describe('without an index of words', function () {
    this.timeout(60_000)
    textSearch(another(false))
  })
})
