import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import type { OperatorError } from '../../src/errors/operator-error'
import { auditRecord, coded, filter, MORNING, request, SECOND } from '../conformance/audit/records'
import { waitFor } from '../support/wait-for'

const PAGE = 16_384

describe('faults of the SQLite audit store', function () {
  this.timeout(60_000)
  let directory: string
  let path: string
  const stores: AuditStore[] = []

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'audit-faults-'))
    path = join(directory, 'audit.sqlite')
  })
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    rmSync(directory, { recursive: true })
  })

  async function open(options: Partial<SqliteStoreOptions> = {}): Promise<AuditStore> {
    const store = await openSqliteStore({ path, fullText: true, ...options })
    stores.push(store)
    return store
  }

  const records = (count: number, body = '{}') => Array.from({ length: count }, () => auditRecord({ body }))

  /** A process that runs this against the module of the store, and what it has written when it ends. */
  function otherProcess(code: string, nodeOptions: string[] = []) {
    const script = `const { openSqliteStore } = require('./src/audit/sqlite/open.ts')
      const { auditRecord } = require('./test/conformance/audit/records.ts'); ${code}`
    const child = spawn(process.execPath, [...nodeOptions, '--require', 'tsx/cjs', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    return { child, ended: new Promise<string>((resolve) => child.on('close', () => resolve(said))), said: () => said }
  }
  const openAndSay = `openSqliteStore({ path: process.argv[1], fullText: true }).then(
    () => console.log('opened'), (error) => console.log(error.code + ' ' + error.message))`

  it('is readable by its owner only, with all that stands beside it', async () => {
    const store = await open()
    await store.insert(records(3))
    for (const end of ['', '-wal', '-shm', '.lock', '.owner']) {
      assert.equal(statSync(path + end).mode & 0o077, 0, end)
    }
  })

  it('is of one process at a time, and says whose', async () => {
    await open()
    const said = await otherProcess(openAndSay).ended
    assert.match(said, new RegExp(`^AUDIT_STORE_IN_USE .*process ${process.pid} `))
    await assert.rejects(open(), coded('AUDIT_STORE_IN_USE'))
  })

  it('says which Node it needs where SQLite is not built in', async () => {
    assert.match(await otherProcess(openAndSay, ['--no-experimental-sqlite']).ended, /^AUDIT_STORE_NEEDS_NODE .*22\.13/)
  })

  it('says that its directory is missing, or that the file is something else', async () => {
    await assert.rejects(
      openSqliteStore({ path: join(directory, 'no', 'x'), fullText: true }),
      coded('AUDIT_STORE_REFUSED'),
    )
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE t (a)')
    foreign.close()
    await assert.rejects(open(), coded('AUDIT_STORE_REFUSED'))
    await assert.rejects(
      openSqliteStore({ path, fullText: true, key: { kind: 'hmac', secret: 'short' } }),
      coded('AUDIT_KEY'),
    )
  })

  it('acknowledges nothing that a full disk does not take, and goes on when there is room', async () => {
    const store = await open({ maxBytes: 120 * PAGE })
    const body = JSON.stringify({ filler: 'x'.repeat(3_000) })
    const acknowledged: string[] = []
    const refused = records(100, body)
    for (let batch = 0; batch < 100; batch += 1) {
      const some = batch === 0 ? refused : records(100, body)
      try {
        await store.insert(some)
        acknowledged.push(...some.map(({ id }) => id))
      } catch (error) {
        coded('AUDIT_STORE_FULL')(error)
        refused.splice(0, refused.length, ...some)
        break
      }
    }
    assert(acknowledged.length > 0 && acknowledged.length < 1_000, `${acknowledged.length} taken`)
    assert.equal(await store.count(filter()), acknowledged.length)
    await assert.rejects(store.insert(refused), coded('AUDIT_STORE_FULL'))
    assert.equal((await store.verify([await store.checkpoint()])).ok, true)

    const size = await store.size()
    assert((await store.deleteDownTo(size.bytes - 60 * PAGE)) > 0)
    assert.deepEqual(
      new Set(await store.insert(refused)),
      new Set(['stored']),
      'the same records, which were never stored',
    )
    const report = await store.verify([await store.checkpoint()])
    assert.deepEqual(report.findings, [])
    assert.equal((await store.size()).events, await store.count(filter()))
  })

  it('acknowledges nothing that the system refuses to write, and the same batch once it is let', async () => {
    // 3 MB for each file, from the system and not from SQLite.
    const limited = ['--fsize=3145728:unlimited', process.execPath, '--require', 'tsx/cjs', '-e']
    const script = `const { openSqliteStore } = require('./src/audit/sqlite/open.ts')
      const { auditRecord, filter } = require('./test/conformance/audit/records.ts')
      const body = JSON.stringify({ filler: 'x'.repeat(3000) })
      const say = (text) => process.stdout.write(text + '\\n')
      openSqliteStore({ path: process.argv[1], fullText: true }).then(async (store) => {
        const batch = () => Array.from({ length: 100 }, () => auditRecord({ body }))
        let refused, taken = 0
        while (refused === undefined) {
          const some = batch()
          await store.insert(some).then(() => { taken += 100 }, (error) => { refused = some; say('refused ' + error.code + ' ' + error.retryable) })
        }
        say('counted ' + (await store.count(filter()) === taken))
        for (let outcomes; outcomes === undefined; ) {
          outcomes = await store.insert(refused).catch(() => new Promise((resolve) => setTimeout(resolve, 50)))
          if (outcomes !== undefined) say([...new Set(outcomes)].join())
        }
        const { findings } = await store.verify([await store.checkpoint()])
        say('findings ' + findings.length + ', missing ' + (taken + 100 - await store.count(filter())))
        await store.close()
      })`
    const child = spawn('prlimit', [...limited, script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await Promise.race([ended, waitFor('a refusal', () => said.includes('counted'), { timeoutMs: 50_000 })])
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
    await ended
    assert.deepEqual(said.trim().split('\n'), [
      'refused AUDIT_STORE_AWAY true',
      'counted true',
      'stored',
      'findings 0, missing 0',
    ])
  })

  it('has whole batches or nothing of them when its process is killed, and a whole chain', async () => {
    const writer = otherProcess(`openSqliteStore({ path: process.argv[1], fullText: true }).then(async (store) => {
      const batch = () => Array.from({ length: 50 }, () => auditRecord({ id: require('node:crypto').randomUUID() }))
      const insert = async () => { for (;;) { await store.insert(batch()); process.stdout.write('b') } }
      await Promise.all([insert(), insert(), insert()])
    })`)
    await new Promise<void>((resolve) => {
      writer.child.stdout.on('data', () => {
        if (writer.said().length > 20) resolve()
      })
      writer.child.on('close', () => resolve())
    })
    writer.child.kill('SIGKILL')
    const acknowledged = (await writer.ended).length * 50
    assert(acknowledged > 0)
    const store = await open()
    const { events } = await store.size()
    assert.equal(events % 50, 0)
    assert(events >= acknowledged, `${events} of ${acknowledged} acknowledged`)
    assert.equal(await store.count(filter()), events)
    const report = await store.verify([])
    assert.deepEqual(report.findings, [])
    assert.equal(report.events, events)
    await store.insert(records(1))
    assert.equal(await store.count(filter()), events + 1)
  })

  it('refuses what is no database at all, and leaves it as it is', async () => {
    const garbage = Buffer.alloc(8192, 'x')
    writeFileSync(path, garbage)
    await assert.rejects(open(), coded('AUDIT_STORE_DAMAGED'))
    assert.deepEqual(readFileSync(path), garbage)
  })

  it('writes nothing to a damaged file, still answers what it can, and shows where the damage is', async () => {
    const store = await open()
    const all = Array.from({ length: 300 }, (_, number) => {
      return auditRecord({
        time: MORNING + number * SECOND,
        body: JSON.stringify({ filler: `${number}`.padEnd(2_000, 'x') }),
      })
    })
    await store.insert(all)
    const checkpoint = await store.checkpoint()
    await store.close()
    damagePageOf(path, all[100]?.body ?? '')

    const damaged = await open()
    assert.equal(damaged.trouble?.code, 'AUDIT_STORE_DAMAGED')
    assert.match(damaged.trouble.message, /openstack-audit-verify/)
    const error = await damaged.insert(records(1)).then(
      () => undefined,
      (thrown: OperatorError) => thrown,
    )
    assert.equal(error?.code, 'AUDIT_STORE_DAMAGED')
    assert.equal(error.retryable, false)
    await assert.rejects(damaged.setSettings({ cloud: 'lab', id: 'a' }, {}), coded('AUDIT_STORE_DAMAGED'))
    assert.equal(await damaged.count(filter()), 300)
    assert.equal((await damaged.list(request({ limit: 10 }))).events.length, 10)
    const report = await damaged.verify([checkpoint])
    const [first] = report.findings
    assert(first !== undefined && first.position > 90 && first.position <= 101, JSON.stringify(first))
    assert.match(first.text, /cannot be read, the store is damaged/)
    assert.equal(report.ok, false)
    assert(report.events > 250, `${report.events} of 300 compared`)
  })

  it('ends a question that takes longer than it may, and answers the next one', async () => {
    const store = await open({ fullText: false, slowestMs: 2 })
    for (let batch = 0; batch < 10; batch += 1) await store.insert(records(2_000))
    const slow = filter({ text: { kind: 'word', text: 'nowhere', prefix: false } })
    await assert.rejects(store.count(slow), coded('AUDIT_TOO_SLOW'))
    assert.equal(await store.count(filter()), 20_000)
    assert.equal((await store.size()).events, 20_000)
  })
})

/** Overwrites the page in which a text begins, as a failing disk does. */
function damagePageOf(path: string, text: string): void {
  const at = readFileSync(path).indexOf(text.slice(0, 40))
  assert(at > 0, 'the text is in the file')
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(PAGE, 0x5a), 0, PAGE, Math.floor(at / PAGE) * PAGE)
  closeSync(file)
}
