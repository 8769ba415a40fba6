import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { checkpointText } from '../../src/audit/chain/checkpoint'
import { verifyReadOnly } from '../../src/audit/opensearch/read-only'
import { verifyCommand } from '../../src/audit/verify/command'
import { auditRecord } from '../conformance/audit/records'
import { realClient, realOpenSearch } from './real'

describe('the command openstack-audit-verify, with a real OpenSearch', function () {
  this.timeout(120_000)
  const { open } = realOpenSearch()
  const prefix = `test-${randomBytes(6).toString('hex')}`

  /** As whoever may only read, where there is somebody. */
  async function run(...args: string[]) {
    const { OPENSEARCH_URL = '', OPENSEARCH_USERNAME, OPENSEARCH_AUDITOR = OPENSEARCH_USERNAME } = process.env
    const who =
      OPENSEARCH_AUDITOR === undefined ? [] : ['--user', OPENSEARCH_AUDITOR, '--password-env', 'OPENSEARCH_PASSWORD']
    let said = ''
    const code = await verifyCommand(['--opensearch', OPENSEARCH_URL, ...who, ...args], {
      environment: process.env,
      readFile: (path) => readFile(path, 'utf8'),
      stream: () => [] as unknown as AsyncIterable<string>,
      rows: () => [],
      cluster: ({ url, ...at }, by) => verifyReadOnly({ ...at, urls: [url], http: realClient() }, by),
      out: (text) => {
        said += text
      },
      error: (text) => {
        said += text
      },
    })
    return { code, said }
  }

  it('needs no more than a right to read, and a prefix that is there', async () => {
    const store = await open({ prefix })
    try {
      await store.insert([auditRecord(), auditRecord()])
      const line = checkpointText(await store.checkpoint())
      const { code, said } = await run('--index-prefix', prefix, '--checkpoint', line, '--require-proof')
      assert.equal(code, 0, said)
      assert.match(said, /2 events compared/)
      const none = await run('--index-prefix', 'test-none')
      assert.equal(none.code, 2)
      assert.match(none.said, /has no index test-none-chain/)
    } finally {
      await store.close()
    }
  })
})
