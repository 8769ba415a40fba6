import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointText } from '../../src/audit/chain/checkpoint'
import type { VerifyReport } from '../../src/audit/chain/model'
import { signerOf } from '../../src/audit/chain/signing'
import type { AuditRecord } from '../../src/audit/model'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'
import { Tampering } from '../support/tampering'

const command = join(__dirname, '../../src/audit/verify/cli.ts')
const pair = generateKeyPairSync('ed25519')
const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

function record(number: number): AuditRecord {
  const id = `${number}`.padStart(32, '0')
  return {
    cloud: 'prod',
    id,
    phase: 'final',
    time: 1_795_000_000_000_000 + number,
    body: JSON.stringify({ id, action: 'create', filler: 'x'.repeat(1000) }),
    notification: {},
    tenants: ['p1'],
    attributes: { action: 'create', cloud: 'prod' },
    contentHash: `${number}`.padStart(64, '0'),
  }
}

const records = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => record(from + index))

function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, AUDIT_KEY: 'a secret of the operator' } }
    execFile(
      process.execPath,
      ['--require', require.resolve('tsx/cjs'), command, ...args],
      options,
      (failure, out, error) => {
        const code = failure === null ? 0 : failure.code
        if (typeof code === 'number') resolve({ code, out, error })
        else reject(failure)
      },
    )
  })
}

describe('the command openstack-audit-verify, with the file of a store', function () {
  this.timeout(60_000)
  let folder: string
  let path: string
  let store: AuditStore | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'audit-verify-'))
    path = join(folder, 'audit.db')
  })
  afterEach(async () => {
    await store?.close()
    store = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  async function closed(): Promise<void> {
    await store?.close()
    store = undefined
  }

  it('reads it while it is written to, and proves it by a log and a public key', async () => {
    store = await openSqliteStore({ path, fullText: false, key: { kind: 'ed25519', privateKey } })
    await store.insert(records(1, 300))
    const line = checkpointText(await store.checkpoint())
    await store.insert(records(301, 400))
    writeFileSync(join(folder, 'syslog'), `Nov 21 node1 audit: ${JSON.stringify({ content: line })}\n`)
    writeFileSync(join(folder, 'public.pem'), publicKey)

    let writing = true
    const open = store
    const written = (async () => {
      for (let number = 401; writing; number += 10) await open.insert(records(number, number + 9))
    })()
    const result = await run(
      ...['--database', path, '--checkpoints', join(folder, 'syslog'), '--public-key', join(folder, 'public.pem')],
      ...['--require-proof', '--json'],
    )
    writing = false
    await written
    assert.deepEqual([result.code, result.error], [0, ''], result.out)
    const report = JSON.parse(result.out) as VerifyReport
    assert.ok(report.events >= 400)
    assert.deepEqual([report.strength, report.writers[0]?.provenTo], ['tampering', 300])

    await closed()
    new Tampering(path).editBody(7)
    const found = await run('--database', path, '--checkpoint', line)
    assert.equal(found.code, 1)
    assert.match(found.out, /^1 findings?, the first one first:\nchanged at position 7 /)
  })

  it('leaves the file and its folder as they are', async () => {
    store = await openSqliteStore({ path, fullText: false })
    await store.insert(records(1, 20))
    await closed()
    const copy = join(folder, 'copy.db')
    copyFileSync(path, copy)
    const hash = () => createHash('sha256').update(readFileSync(copy)).digest('hex')
    const before = hash()
    const { mtimeMs } = statSync(copy)
    const result = await run('--database', copy)
    assert.deepEqual([result.code, result.error], [0, ''])
    assert.deepEqual([hash(), statSync(copy).mtimeMs], [before, mtimeMs])
  })

  it('says where the file is damaged', async () => {
    store = await openSqliteStore({ path, fullText: false })
    await store.insert(records(1, 4000))
    await closed()
    const file = openSync(path, 'r+')
    // From the middle on: tables grow one behind the other.
    writeSync(file, Buffer.alloc(256 * 1024, 0xff), 0, 256 * 1024, Math.floor(statSync(path).size / 2))
    closeSync(file)
    const { code, out } = await run('--database', path, '--json')
    assert.equal(code, 1)
    const report = JSON.parse(out) as VerifyReport
    const [first] = report.findings
    assert.ok(first !== undefined && first.position > 1 && first.position <= 4000, JSON.stringify(first))
    assert.match(report.findings.map(({ text }) => text).join('\n'), /damaged|not what was written|gone/)
    assert.ok(report.events > 500, `${report.events} events are still read`)
  })

  it('cannot verify a file of which a part is missing, and says what is left to do', async () => {
    store = await openSqliteStore({ path, fullText: false })
    await store.insert(records(1, 500))
    await closed()
    truncateSync(path, Math.floor(statSync(path).size / 2))
    const { code, error } = await run('--database', path)
    assert.equal(code, 2)
    assert.match(error, /Nothing of .* can be read: .*malformed.*\.recover/)
  })

  it('cannot verify what is no store', async () => {
    const text = join(folder, 'text')
    writeFileSync(text, 'this is no database, but long enough to be looked at '.repeat(100))
    const empty = join(folder, 'empty')
    writeFileSync(empty, '')
    for (const other of [text, empty, join(folder, 'gone'), folder]) {
      const { code, out, error } = await run('--database', other)
      assert.deepEqual([code, out], [2, ''], other)
      assert.match(error, /^openstack-audit-verify: \S.*\n$/)
    }
  })
})

describe('the command openstack-audit-verify, with a cluster', function () {
  this.timeout(120_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  it('reads it as a user who may only read, finds nothing, and then what was changed', async () => {
    const store = await stores.open({ signer: signerOf({ kind: 'hmac', secret: 'a secret of the operator' }) })
    await store.insert(records(1, 20))
    const line = checkpointText(await store.checkpoint())
    await store.close()
    const { cluster } = stores
    const refused: string[] = []
    cluster.interfere = ({ method, path, headers }) => {
      const basic = `Basic ${Buffer.from('vera:a secret of the operator').toString('base64')}`
      if (headers.authorization !== basic) return { status: 401, body: {} }
      if (method === 'POST' && path.endsWith('/_search')) return undefined
      refused.push(`${method} ${path}`)
      return { status: 403, body: {} }
    }
    const at = ['--opensearch', cluster.url, '--index-prefix', 'audit', '--user', 'vera', '--password-env', 'AUDIT_KEY']
    const fine = await run(...at, '--hmac-key-env', 'AUDIT_KEY', '--require-proof', '--json')
    assert.deepEqual([fine.code, fine.error], [0, ''], fine.out)
    assert.ok(
      refused.every((what) => what.endsWith('/_refresh')),
      refused.join(),
    )
    assert.equal((JSON.parse(fine.out) as VerifyReport).events, 20)

    stores.change(`final:prod:${record(7).id}`, (document) => ({ ...document, body: '{}' }))
    const found = await run(...at, '--checkpoint', line)
    assert.equal(found.code, 1)
    assert.match(found.out, /^1 findings?, the first one first:\nchanged at position 8 /)
  })

  it('finds an event that stands in no chain', async () => {
    const store = await stores.open()
    await store.insert(records(1, 3))
    await store.close()
    const there = stores.cluster.indices
      .named('audit-*.*', true)
      .find((index) => index.get(`final:prod:${record(1).id}`))
    const source = there?.get(`final:prod:${record(1).id}`)?.source
    there?.put('final:prod:stranger', { ...source, id: 'stranger', writer: 'nobody' })
    there?.refresh(Date.now())
    const { code, out } = await run('--opensearch', stores.cluster.url, '--index-prefix', 'audit')
    assert.equal(code, 1)
    assert.match(out, /inserted/)
  })

  it('does not take a name that is not there, or nobody who answers, for a trail without faults', async () => {
    const [wrong, nobody] = await Promise.all([
      run('--opensearch', stores.cluster.url, '--index-prefix', 'audot'),
      run('--opensearch', 'https://127.0.0.1:1', '--index-prefix', 'audit'),
    ])
    assert.equal(wrong.code, 2)
    assert.match(wrong.error, /has no index audot-chain/)
    assert.equal(nobody.code, 2)
  })
})
