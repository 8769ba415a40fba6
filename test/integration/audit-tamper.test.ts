import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointOf, checkpointText } from '../../src/audit/chain/checkpoint'
import { afterEvent } from '../../src/audit/chain/hash'
import type { Checkpoint, VerifyReport } from '../../src/audit/chain/model'
import { retentionNote } from '../../src/audit/chain/retention-record'
import { type SigningKey, signerOf, verifierOf } from '../../src/audit/chain/signing'
import { verifyChain } from '../../src/audit/chain/verify'
import type { AuditRecord } from '../../src/audit/model'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { storedRows } from '../../src/audit/verify/stored-rows'
import { Tampering } from '../support/tampering'

const KEY: SigningKey = { kind: 'hmac', secret: 'a secret of the operator' }
const STRANGER: SigningKey = { kind: 'hmac', secret: 'a secret of somebody else' }
const MICROS = 1_795_000_000_000_000

/** What whoever verifies has: the store was written with the key where they have it. */
const KNOWLEDGE = ['nothing', 'key', 'checkpoint', 'both'] as const
type Knowledge = (typeof KNOWLEDGE)[number]

function record(number: number, of: Partial<AuditRecord> = {}): AuditRecord {
  const id = `${number}`.padStart(32, '0')
  return {
    cloud: 'prod',
    id,
    phase: 'final',
    time: MICROS + number * 1_000_000,
    body: JSON.stringify({ id, action: 'create', target: { id: `t${number}` } }),
    notification: { messageId: `m-${number}`, eventType: 'identity.user.created' },
    tenants: ['p1'],
    attributes: { action: 'create', target_id: `t${number}`, cloud: 'prod', event_type: 'identity.user.created' },
    contentHash: `${number}`.padStart(64, '0'),
    ...of,
  }
}

function remove(path: string): void {
  for (const end of ['', '-wal', '-shm', '.lock', '.owner']) rmSync(`${path}${end}`, { force: true })
}

describe('tampering with an audit store on SQLite', function () {
  this.timeout(60_000)
  let folder: string
  let path: string
  let early: Checkpoint
  let late: Checkpoint
  let tampering: Tampering
  const written = new Map<
    SigningKey | undefined,
    { early: Checkpoint; late: Checkpoint; file: string; older: string }
  >()
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'audit-tamper-'))
    for (const key of [undefined, KEY]) written.set(key, await writeStore(key))
  })
  beforeEach(() => {
    path = join(folder, 'audit.db')
    tampering = new Tampering(path)
  })
  afterEach(() => remove(path))
  after(() => rmSync(folder, { recursive: true, force: true }))

  async function withStore<R>(key: SigningKey | undefined, use: (store: AuditStore) => Promise<R>): Promise<R> {
    const store = await openSqliteStore({ path, fullText: false, ...(key === undefined ? {} : { key }) })
    try {
      return await use(store)
    } finally {
      await store.close()
    }
  }

  /** Twelve events: six before the early checkpoint, six between it and the late one. With a key a note follows each checkpoint. */
  async function writeStore(key: SigningKey | undefined) {
    path = join(folder, `written-${key === undefined ? 'plainly' : 'signed'}.db`)
    const older = `${path}-older`
    const first = await withStore(key, async (store) => {
      await store.insert([1, 2, 3, 4, 5, 6].map((number) => record(number)))
      return store.checkpoint()
    })
    copyFileSync(path, older)
    const second = await withStore(key, async (store) => {
      await store.insert([7, 8, 9, 10, 11, 12].map((number) => record(number)))
      return store.checkpoint()
    })
    return { early: first, late: second, file: path, older }
  }

  /** A store as it was written; a closed one is a single file. */
  function take(has: Knowledge): string {
    const store = written.get(keyOf(has))
    assert.ok(store !== undefined)
    copyFileSync(store.file, path)
    early = store.early
    late = store.late
    return store.older
  }

  function verify(has: Knowledge): Promise<VerifyReport> {
    const known = has === 'checkpoint' || has === 'both' ? [early, late] : []
    const verifiers = has === 'key' || has === 'both' ? [verifierOf(KEY)] : []
    return verifyChain(storedRows(path), { known, verifiers })
  }

  /** Where event 9 stands: the early checkpoint is a row of its own with a key. */
  function nine(has: Knowledge): number {
    return has === 'key' || has === 'both' ? 10 : 9
  }

  function keyOf(has: Knowledge): SigningKey | undefined {
    return has === 'key' || has === 'both' ? KEY : undefined
  }

  async function fileLater(at: number, has: Knowledge): Promise<void> {
    tampering.run('INSERT INTO awaiting (seq) VALUES (?)', at)
    await withStore(keyOf(has), async (store) => {
      const waiting = await store.awaiting(0, 1)
      await store.fillIn(waiting.map((event) => ({ event, added: {}, attributes: {}, tenants: ['p2'] })))
      assert.equal(await store.count({ scope: { cloud: 'prod', tenants: ['p2'] }, where: [] }), 1)
    })
  }

  type Found = [kind: string, from: number, to?: number] | 'not found'
  interface Attack {
    readonly what: string
    readonly does: (at: number, has: Knowledge, older: string) => void | Promise<void>
    /** By position of event 9. What is honestly not found stands here too. */
    readonly found: (at: number) => Record<Knowledge, Found>
  }
  const always = (found: Found): Record<Knowledge, Found> => ({
    nothing: found,
    key: found,
    checkpoint: found,
    both: found,
  })

  const attacks: Attack[] = [
    {
      what: 'an event is edited',
      does: (at) => tampering.editBody(at),
      found: (at) => always(['changed', at]),
    },
    {
      what: 'its tenants are written as something that is none',
      does: (at) => tampering.run(`UPDATE event SET tenants = 'x' WHERE seq = ?`, at),
      found: (at) => always(['changed', at]),
    },
    {
      what: 'it is hidden from a tenant under which look-ups filed it later',
      does: async (at, has) => {
        await fileLater(at, has)
        tampering.run('DELETE FROM listed_by_tenant WHERE seq = ? AND tenant > 1', at)
      },
      found: (at) => always(['changed', at]),
    },
    {
      what: 'its leaf is recomputed too',
      does: (at) => {
        tampering.editBody(at)
        tampering.recomputeLeaf(at)
      },
      found: (at) => always(['changed', at - 1, at]),
    },
    {
      what: 'the whole tail is recomputed',
      does: (at) => {
        tampering.editBody(at)
        tampering.recomputeFrom(at)
      },
      found: (at) => ({
        nothing: 'not found',
        // From the row after the early signature to the one that was signed last.
        key: ['changed', 7, at + 3],
        checkpoint: ['changed', 7, at + 3],
        both: ['changed', 7, at + 3],
      }),
    },
    {
      what: 'the whole tail is recomputed and the signature behind it removed',
      does: (at, has) => {
        tampering.editBody(at)
        if (has === 'key' || has === 'both') tampering.removeRows(`seq = ${at + 4}`)
        tampering.recomputeFrom(at)
      },
      found: (at) => ({
        nothing: 'not found',
        key: 'not found',
        checkpoint: ['changed', 7, at + 3],
        both: ['changed', 7, at + 3],
      }),
    },
    {
      what: 'a row is deleted',
      does: (at) => tampering.removeRows(`seq = ${at}`),
      found: (at) => always(['removed', at]),
    },
    {
      what: 'a content is deleted and its hashes left',
      does: (at) => tampering.removeContent(`seq = ${at}`),
      found: (at) => always(['removed', at]),
    },
    {
      what: 'a content is deleted and a record of retention faked',
      does: (at) => {
        const last = tampering.rows().at(-1)
        assert.ok(last !== undefined)
        const ranges = [{ first: at, last: at }]
        const what = { reason: 'age', policy: 'all tenants', before: '2026-11-21T00:00:00.000Z', ranges } as const
        tampering.removeContent(`seq = ${at}`)
        tampering.appendNote(retentionNote(last, what, new Date(), signerOf(STRANGER)))
      },
      found: (at) => ({ nothing: 'not found', key: ['removed', at], checkpoint: 'not found', both: ['removed', at] }),
    },
    {
      what: 'a row is inserted in between, rightly linked',
      does: (at) => {
        const before = tampering.row(at - 1)
        const forged = afterEvent(before, record(99))
        tampering.makeRoomBehind(at - 1)
        tampering.run('INSERT INTO chain (position, leaf, link) VALUES (?, ?, ?)', at, forged.leaf, forged.link)
        tampering.run(
          `INSERT INTO event SELECT ?, ?, final, ?, content, kind, party, origin, tenant, tenants, 'm-99', sent_at, sent_text,
             target_id, target_name, request_path, request_id, global_request_id, message_id, added, ? FROM event WHERE seq = ?`,
          at,
          record(99).time,
          Buffer.from(record(99).id, 'hex'),
          record(99).body,
          at - 1,
        )
        tampering.run(
          'INSERT INTO listed SELECT state, ?, ?, kind, party FROM listed WHERE seq = ?',
          record(99).time,
          at,
          at - 1,
        )
        tampering.run(
          'INSERT INTO listed_by_tenant SELECT tenant, state, ?, ?, kind, party FROM listed_by_tenant WHERE seq = ?',
          record(99).time,
          at,
          at - 1,
        )
      },
      found: (at) => always(['inserted', at]),
    },
    {
      what: 'an event is appended, rightly linked',
      does: () => withStore(undefined, async (store) => void (await store.insert([record(99)]))),
      found: () => always('not found'),
    },
    {
      what: 'the end is cut off',
      does: (at) => tampering.removeRows(`seq > ${at}`),
      found: (at) => ({
        nothing: 'not found',
        key: 'not found',
        checkpoint: ['cut-off', at + 1, at + 3],
        both: ['cut-off', at + 1, at + 3],
      }),
    },
    {
      what: 'two rows are swapped',
      does: (at) => tampering.swapRows(at, at + 2),
      found: (at) => always(['changed', at]),
    },
    {
      what: 'the content of an event is put in place of that of another',
      does: (at) => tampering.swapContents(at, at + 2),
      found: (at) => always(['changed', at]),
    },
    {
      what: 'an event is hidden from the list of all',
      does: (at) => tampering.run('UPDATE listed SET state = 1 WHERE seq = ?', at),
      found: (at) => always(['changed', at]),
    },
    {
      what: "an event is hidden from its tenant's list",
      does: (at) => tampering.run('DELETE FROM listed_by_tenant WHERE seq = ?', at),
      found: (at) => always(['changed', at]),
    },
    {
      what: 'the columns by which an event is filtered are edited',
      does: (at) => tampering.run(`UPDATE event SET target_id = 'other' WHERE seq = ?`, at),
      found: () => always('not found'),
    },
    {
      what: 'an older copy is put in place of the file',
      does: (_at, _has, older) => tampering.replaceBy(older),
      found: (at) => {
        // The copy ends with the early checkpoint, and with a key with its note.
        const cut: Found = ['cut-off', at - 2, at + 3]
        return { nothing: 'not found', key: 'not found', checkpoint: cut, both: cut }
      },
    },
    {
      what: 'a new store is put in place of the file',
      does: async () => {
        remove(path)
        await withStore(undefined, async (store) => void (await store.insert([record(99)])))
      },
      found: (at) => ({
        nothing: 'not found',
        key: ['signature', 1],
        checkpoint: ['cut-off', 1, at + 3],
        both: ['cut-off', 1, at + 3],
      }),
    },
  ]

  for (const { what, does, found } of attacks) {
    for (const has of KNOWLEDGE) {
      const expected = found(nine(has))[has]
      it(`${expected === 'not found' ? 'does not find' : 'finds'} with ${has} that ${what}`, async () => {
        const older = take(has)
        const before = await verify(has)
        assert.equal(before.ok, true)
        await does(nine(has), has, older)
        const report = await verify(has)
        if (expected === 'not found') {
          assert.deepEqual(report.findings, [])
          // And no more is claimed than before.
          const proven = (of: VerifyReport) => of.writers.map(({ provenTo }) => provenTo ?? 0)
          assert.ok((proven(report)[0] ?? 0) <= (proven(before)[0] ?? 0))
          if (has === 'nothing') assert.equal(report.strength, 'accidents')
          return
        }
        const { kind, position, to, text } =
          report.findings.find(({ writer }) => has !== 'both' || writer === early.writer) ?? {}
        const [expectedKind, from, until] = expected
        assert.deepEqual([kind, position, to], [expectedKind, from, until], `${text}`)
        assert.equal(report.ok, false)
      })
    }
  }

  const legitimate: [what: string, does: (key: SigningKey | undefined) => Promise<void>][] = [
    [
      'retention',
      (key) =>
        withStore(key, async (store) => {
          assert.equal(await store.deleteBefore(MICROS + 8_500_000, { exceptTenants: [] }), 8)
        }),
    ],
    [
      'a final phase that supersedes a pending one',
      (key) =>
        withStore(key, async (store) => {
          await store.insert([record(20, { phase: 'pending' }), record(21, { phase: 'pending' })])
          await store.insert([record(20, { contentHash: 'f'.repeat(64) }), record(21)])
        }),
    ],
    ['what look-ups have added', async () => tampering.run(`UPDATE event SET added = '{"initiator.name":"alice"}'`)],
    ['a tenant under which look-ups filed it later', (key) => fileLater(9, key === undefined ? 'nothing' : 'key')],
    [
      'a switch of a tenant',
      (key) => withStore(key, (store) => store.setSettings({ cloud: 'prod', id: 'p1' }, { enabled: false })),
    ],
    ['that a vacuum was run', async () => tampering.run('VACUUM')],
  ]
  for (const [what, does] of legitimate) {
    for (const key of [undefined, KEY]) {
      it(`is not ${what}, ${key === undefined ? 'without' : 'with'} a key`, async () => {
        take(key === undefined ? 'nothing' : 'key')
        await does(key)
        for (const has of KNOWLEDGE.filter((has) => keyOf(has) === key)) {
          const report = await verify(has)
          assert.deepEqual(report.findings, [], has)
          assert.equal(report.retired, what === 'retention' ? 8 : 0)
        }
      })
    }
  }

  it('is found by the store itself, when it is opened again', async () => {
    take('both')
    tampering.editBody(nine('both'))
    await withStore(KEY, async (store) => {
      const report = await store.verify([early, late])
      assert.deepEqual(
        report.findings.map(({ kind, position }) => [kind, position]),
        [['changed', nine('both')]],
      )
      assert.equal(report.strength, 'tampering')
    })
  })

  it('by who has the key is found by a checkpoint from outside only', async () => {
    take('both')
    const at = nine('both')
    tampering.editBody(at)
    tampering.removeRows(`seq = ${at + 4}`)
    tampering.recomputeFrom(at)
    const last = tampering.rows().at(-1)
    assert.ok(last !== undefined)
    tampering.appendNote(checkpointText(checkpointOf(last, new Date(), signerOf(KEY))))
    const byKey = await verify('key')
    assert.deepEqual([byKey.ok, byKey.strength], [true, 'tampering'])
    assert.match(byKey.proof ?? '', /only who holds the key could have changed it/)
    assert.equal((await verify('both')).ok, false)
  })
})
