import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { checkpointOf, checkpointText } from '../../../../src/audit/chain/checkpoint'
import { emptyChain, leafOf, linkOf } from '../../../../src/audit/chain/hash'
import type { ChainRow, Checkpoint, EventRow, VerifyReport } from '../../../../src/audit/chain/model'
import { rangesOf } from '../../../../src/audit/chain/ranges'
import { retentionNote } from '../../../../src/audit/chain/retention-record'
import { type Signer, signerOf, type Verifier, verifierOf } from '../../../../src/audit/chain/signing'
import { verifyChain } from '../../../../src/audit/chain/verify'
import { record, type WholeRow, WrittenChain } from './written'

const at = new Date('2026-11-21T12:00:00Z')
const hmac = signerOf({ kind: 'hmac', secret: 'a secret of the operator' })
const stranger = signerOf({ kind: 'hmac', secret: 'a secret of somebody else' })

function verify(chain: WrittenChain, known: Checkpoint[] = [], verifiers: Verifier[] = []): Promise<VerifyReport> {
  return verifyChain([chain.rows], { known, verifiers })
}

function first(report: VerifyReport): [string, number, number?] | undefined {
  const finding = report.findings[0]
  if (finding === undefined) return undefined
  return finding.to === undefined ? [finding.kind, finding.position] : [finding.kind, finding.position, finding.to]
}

function retire(chain: WrittenChain, positions: number[], signer?: Signer): WrittenChain {
  const before = '2026-01-01T00:00:00.000Z'
  const ranges = rangesOf(positions)
  return chain.note(retentionNote(chain.head, { reason: 'age', policy: 'all tenants', before, ranges }, at, signer))
}

function edited(row: WholeRow): EventRow {
  assert.equal(row.kind, 'event')
  const event = row as EventRow
  assert.ok(event.record !== undefined)
  return { ...event, record: { ...event.record, body: event.record.body.replace('create', 'delete') } }
}

/** The leaf that belongs to the changed content. */
function withLeaf(row: EventRow): EventRow {
  assert.ok(row.record !== undefined)
  return { ...row, leaf: leafOf(row.writer, row.position, row.record) }
}

describe('verifying a chain', () => {
  it('finds nothing in one that is as it was written', async () => {
    const report = await verify(new WrittenChain().events(20))
    assert.equal(report.ok, true)
    assert.equal(report.events, 20)
    assert.deepEqual(
      report.writers.map(({ position }) => position),
      [20],
    )
  })

  it('finds nothing in an empty one', async () => {
    const report = await verify(new WrittenChain())
    assert.deepEqual([report.ok, report.strength, report.writers.length], [true, 'accidents', 0])
  })

  it('names the event whose content was edited', async () => {
    const chain = new WrittenChain().events(9)
    chain.change(4, edited)
    const report = await verify(chain)
    assert.equal(report.ok, false)
    assert.equal(report.findings.length, 1)
    assert.deepEqual(first(report), ['changed', 4])
    assert.equal(report.findings[0]?.id, 'event-4')
  })

  const members: [string, Partial<EventRow['record'] & object>][] = [
    ['time', { time: 5 }],
    ['tenants', { tenants: [] }],
    ['cloud', { cloud: 'test' }],
    ['phase', { phase: 'pending' }],
    ['id', { id: 'other' }],
    ['notification', { notification: {} }],
  ]
  for (const [member, change] of members) {
    it(`names the event whose ${member} was edited`, async () => {
      const chain = new WrittenChain().events(9)
      chain.change(4, (row) => ({ ...(row as EventRow), record: { ...record(4), ...change } }))
      assert.deepEqual(first(await verify(chain)), ['changed', 4])
    })
  }

  it('tells that the event or the one before was rewritten where its leaf was computed anew', async () => {
    const chain = new WrittenChain().events(9)
    chain.change(4, (row) => withLeaf(edited(row)))
    const report = await verify(chain)
    assert.deepEqual(first(report), ['changed', 3, 4])
    assert.match(report.findings[0]?.text ?? '', /event-3 .* event-4/)
    assert.equal(report.findings.length, 1)
  })

  it('names it exactly where a checkpoint vouches for the one before', async () => {
    const chain = new WrittenChain().events(3)
    const known = checkpointOf(chain.head, at)
    chain.events(6)
    chain.change(4, (row) => withLeaf(edited(row)))
    assert.deepEqual(first(await verify(chain, [known])), ['changed', 4])
  })

  it('tells the same where its link was computed anew too', async () => {
    const chain = new WrittenChain().events(9)
    const before = chain.rows[2]?.link
    assert.ok(before !== undefined)
    chain.change(4, (row) => {
      const event = withLeaf(edited(row))
      return { ...event, link: linkOf(before, event.leaf) }
    })
    assert.deepEqual(first(await verify(chain)), ['changed', 4, 5])
  })

  it('tells where only a stored leaf or a stored link was changed', async () => {
    for (const member of ['leaf', 'link'] as const) {
      const chain = new WrittenChain().events(9)
      chain.change(4, (row) => ({ ...row, [member]: Buffer.alloc(32) }))
      const report = await verify(chain)
      assert.deepEqual(first(report), ['changed', 4], member)
      assert.equal(report.findings.length, 1)
      assert.match(report.findings[0]?.text ?? '', /as it was/)
    }
  })

  it('tells where hashes are of another length', async () => {
    for (const length of [0, 31, 40, 1000]) {
      const chain = new WrittenChain().events(9)
      chain.change(4, (row) => ({ ...row, leaf: Buffer.alloc(length), link: Buffer.alloc(length) }))
      chain.change(8, (row) => ({ ...row, leaf: Buffer.alloc(length) }))
      assert.deepEqual(
        (await verify(chain)).findings.map(({ position }) => position),
        [4, 8],
      )
    }
  })

  it('names rows that were deleted', async () => {
    const chain = new WrittenChain().events(9)
    chain.rows.splice(3, 2)
    const report = await verify(chain)
    assert.deepEqual(first(report), ['removed', 4, 5])
    assert.equal(report.findings.length, 1)
  })

  it('names a row that was deleted and what follows numbered anew', async () => {
    const chain = new WrittenChain().events(9)
    chain.rows.splice(3, 1)
    chain.rows.forEach((row, index) => {
      chain.rows[index] = { ...row, position: index + 1 }
    })
    const report = await verify(chain)
    assert.deepEqual(first(report), ['removed', 4])
    assert.equal(report.findings.length, 1)
  })

  it('names a row that was inserted and what follows numbered anew', async () => {
    const chain = new WrittenChain().events(9)
    const forged = record(99)
    const before = chain.rows[2]?.link
    assert.ok(before !== undefined)
    const leaf = leafOf('w', 4, forged)
    chain.rows.splice(3, 0, {
      kind: 'event',
      writer: 'w',
      position: 4,
      leaf,
      link: linkOf(before, leaf),
      record: forged,
    })
    chain.rows.forEach((row, index) => {
      chain.rows[index] = { ...row, position: index + 1 }
    })
    const report = await verify(chain)
    assert.deepEqual(first(report), ['inserted', 4])
  })

  it('names a row that was inserted without regard to the chain', async () => {
    const chain = new WrittenChain().events(9)
    const hashes = { leaf: leafOf('w', 4, record(99)), link: Buffer.alloc(32, 7) }
    chain.rows.splice(3, 0, { kind: 'event', writer: 'w', position: 4, ...hashes, record: record(99) })
    chain.rows.forEach((row, index) => {
      chain.rows[index] = { ...row, position: index + 1 }
    })
    const report = await verify(chain)
    assert.deepEqual(first(report), ['inserted', 4])
    assert.equal(report.findings[0]?.id, 'event-99')
  })

  it('says what was done to a row rather than that a checkpoint of it differs, and proves nothing beyond it', async () => {
    const chain = new WrittenChain().events(4)
    const known = checkpointOf(chain.head, at)
    chain.events(5)
    chain.change(4, (row) => ({ ...row, link: Buffer.alloc(32) }))
    assert.deepEqual(
      (await verify(chain, [known])).findings.map(({ kind, position }) => [kind, position]),
      [['changed', 4]],
    )
    const other = new WrittenChain().events(9)
    other.change(4, (row) => withLeaf(edited(row)))
    const report = await verify(other, [known])
    assert.equal(report.ok, false)
    assert.equal(report.writers[0]?.provenTo, undefined)
  })

  it('names a row of another content that has the place of one', async () => {
    const chain = new WrittenChain().events(9)
    chain.rows.splice(4, 0, { ...(chain.rows[3] as EventRow), record: record(99) })
    assert.deepEqual(first(await verify(chain)), ['inserted', 4])
  })

  it('names the first of two rows that were swapped', async () => {
    const chain = new WrittenChain().events(12)
    const [a, b] = [chain.rows[3], chain.rows[6]]
    assert.ok(a !== undefined && b !== undefined)
    chain.rows[3] = { ...b, position: 4 }
    chain.rows[6] = { ...a, position: 7 }
    const report = await verify(chain)
    assert.deepEqual(first(report), ['changed', 4])
    assert.match(report.findings[0]?.text ?? '', /moved here from position 7/)
  })

  it('names both events whose contents were swapped', async () => {
    const chain = new WrittenChain().events(12)
    chain.change(4, (row) => ({ ...(row as EventRow), record: record(7) }))
    chain.change(7, (row) => ({ ...(row as EventRow), record: record(4) }))
    assert.deepEqual(
      (await verify(chain)).findings.map(({ position }) => position),
      [4, 7],
    )
  })

  it('names events that are hidden by columns outside the hash', async () => {
    const chain = new WrittenChain().events(5)
    chain.change(2, (row) => ({ ...(row as EventRow), contradiction: 'superseded, but no final event is there' }))
    assert.deepEqual(first(await verify(chain)), ['changed', 2])
  })

  it('says where a store is damaged, and goes on behind it', async () => {
    const chain = new WrittenChain().events(12)
    chain.change(11, edited)
    const rows: ChainRow[] = [...chain.rows]
    rows.splice(4, 3, {
      kind: 'unreadable',
      writer: 'w',
      position: 5,
      to: 7,
      reason: 'database disk image is malformed',
    })
    const report = await verifyChain([rows], { known: [], verifiers: [] })
    assert.deepEqual(
      report.findings.map(({ kind, position, to }) => [kind, position, to]),
      [
        ['changed', 5, 7],
        ['changed', 11, undefined],
      ],
    )
    assert.match(report.findings[0]?.text ?? '', /malformed/)
  })

  it('keeps writers apart', async () => {
    const [a, b] = [new WrittenChain('a').events(5), new WrittenChain('b').events(5)]
    const mixed = a.rows.flatMap((row, index) => [row, b.rows[index] as ChainRow])
    assert.equal((await verifyChain([mixed.slice(0, 3), mixed.slice(3)], { known: [], verifiers: [] })).ok, true)
    mixed[7] = edited(mixed[7] as WholeRow)
    const report = await verifyChain([mixed], { known: [], verifiers: [] })
    assert.deepEqual(
      report.findings.map(({ writer, position }) => [writer, position]),
      [['b', 4]],
    )
  })

  it('does not believe a chain that is passed off as that of another writer', async () => {
    const chain = new WrittenChain('a').events(5)
    chain.rows.forEach((row, index) => {
      chain.rows[index] = { ...row, writer: 'b' }
    })
    assert.deepEqual(first(await verify(chain)), ['changed', 1])
  })

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    abort.abort(new Error('enough'))
    const chain = new WrittenChain().events(5)
    await assert.rejects(verifyChain([chain.rows], { known: [], verifiers: [], signal: abort.signal }), /enough/)
  })

  it('lists a thousand findings and counts the rest', async () => {
    const chain = new WrittenChain().events(1500)
    for (let position = 1; position <= 1500; position++) chain.change(position, edited)
    const report = await verify(chain)
    assert.deepEqual([report.findings.length, report.moreFindings], [1000, 500])
    assert.deepEqual(first(report), ['changed', 1])
  })
})

describe('verifying a chain whose tail was hashed anew', () => {
  function forged(): { chain: WrittenChain; early: Checkpoint; late: Checkpoint } {
    const chain = new WrittenChain().events(3)
    const early = checkpointOf(chain.head, at)
    chain.events(5)
    const late = checkpointOf(chain.head, at)
    chain.events(2)
    chain.change(6, edited)
    chain.rehash(6)
    return { chain, early, late }
  }

  it('finds nothing without a checkpoint, and says that it proves nothing', async () => {
    const report = await verify(forged().chain)
    assert.deepEqual([report.ok, report.strength], [true, 'accidents'])
    assert.match(report.proof ?? '', /accidents only/)
  })

  it('tells between which checkpoints it begins', async () => {
    const { chain, early, late } = forged()
    const report = await verify(chain, [early, late])
    assert.deepEqual(first(report), ['changed', 4, 8])
    assert.equal(report.strength, 'tampering')
    assert.equal(report.writers[0]?.provenTo, 3)
  })

  it('is of no use to a checkpoint from before', async () => {
    const { chain, early } = forged()
    const report = await verify(chain, [early])
    assert.equal(report.ok, true)
    assert.equal(report.writers[0]?.provenTo, 3)
    assert.match(report.proof ?? '', /4 to 10\) is held to accidents only/)
  })

  it('tells that a tail was cut off', async () => {
    const chain = new WrittenChain().events(8)
    const known = checkpointOf(chain.head, at)
    chain.rows.splice(5)
    assert.deepEqual(first(await verify(chain)), undefined)
    const report = await verify(chain, [known])
    assert.deepEqual(first(report), ['cut-off', 6, 8])
    assert.equal(report.strength, 'tampering')
  })

  it('tells that nothing is left of a writer', async () => {
    const known = checkpointOf(new WrittenChain('gone').events(8).head, at)
    const report = await verify(new WrittenChain().events(2), [known])
    assert.deepEqual(
      report.findings.map(({ kind, writer }) => [kind, writer]),
      [['cut-off', 'gone']],
    )
  })

  it('believes a checkpoint of the end', async () => {
    const chain = new WrittenChain().events(8)
    const report = await verify(chain, [checkpointOf(chain.head, at)])
    assert.deepEqual([report.ok, report.strength, report.writers[0]?.provenTo], [true, 'tampering', 8])
  })

  it('believes a checkpoint of a time when nothing was written yet, and has it prove nothing', async () => {
    const report = await verify(new WrittenChain().events(2), [checkpointOf(emptyChain('w'), at)])
    assert.equal(report.ok, true)
    assert.equal(report.writers[0]?.provenTo, undefined)
  })
})

const pair = generateKeyPairSync('ed25519')
const strange = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const stranger25519 = signerOf({ kind: 'ed25519', privateKey: strange })
const ed25519 = signerOf({
  kind: 'ed25519',
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})
const publicOnly = verifierOf({
  kind: 'ed25519',
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
})

for (const [kind, signer, verifier, stranger] of [
  ['HMAC', hmac, hmac, signerOf({ kind: 'hmac', secret: 'a secret of somebody else' })],
  ['Ed25519', ed25519, publicOnly, stranger25519],
] as const) {
  describe(`verifying a chain signed with ${kind}`, () => {
    const signed = () => {
      const chain = new WrittenChain().events(4)
      chain.note(checkpointText(checkpointOf(chain.head, at, signer)))
      return chain.events(4)
    }

    it('proves it up to the last signature without any checkpoint from outside', async () => {
      const report = await verify(signed(), [], [verifier])
      assert.deepEqual([report.ok, report.strength], [true, 'tampering'])
      assert.deepEqual([report.writers[0]?.provenTo, report.writers[0]?.provenBy], [4, 'signature'])
      assert.match(report.proof ?? '', /6 to 9|5 to 9/)
    })

    it('proves nothing by signatures when no key is given', async () => {
      const report = await verify(signed())
      assert.deepEqual([report.ok, report.strength], [true, 'accidents'])
    })

    it('finds a tail hashed anew with the signature left as it was', async () => {
      const chain = signed()
      chain.change(2, edited)
      chain.rehash(2)
      const report = await verify(chain, [], [verifier])
      assert.deepEqual(first(report), ['changed', 1, 4])
      assert.equal(report.strength, 'tampering')
    })

    it('finds signatures by somebody else', async () => {
      const chain = new WrittenChain().events(4)
      chain.note(checkpointText({ ...checkpointOf(chain.head, at, stranger), key: signer.key }))
      const report = await verify(chain, [], [verifier])
      assert.equal(first(report)?.[0], 'signature')
      assert.equal(report.strength, 'accidents')
    })

    it('finds signatures with a key that was not given', async () => {
      const chain = signed()
      chain.note(checkpointText(checkpointOf(chain.head, at, stranger)))
      assert.deepEqual(first(await verify(chain, [], [verifier])), ['signature', 10])
      assert.equal((await verify(chain, [], [verifier, stranger])).ok, true)
    })

    it('finds that all signatures are gone', async () => {
      const report = await verify(new WrittenChain().events(4), [], [verifier])
      assert.deepEqual(first(report), ['signature', 4])
      assert.equal(report.strength, 'accidents')
    })

    it('leaves out checkpoints from outside that are not signed, or not rightly, and says how many', async () => {
      const chain = signed()
      const unsigned = checkpointOf(chain.head, at)
      const forged = [
        unsigned,
        { ...unsigned, link: '0'.repeat(64) },
        { ...unsigned, position: 1000 },
        checkpointOf(chain.head, at, stranger),
        { ...checkpointOf(chain.head, at, stranger), key: signer.key },
      ]
      const report = await verify(chain, forged, [verifier])
      assert.deepEqual([report.ok, report.leftOut, report.writers[0]?.provenTo], [true, 5, 4])
      assert.match(report.proof ?? '', /were left out: 5/)
      const known = await verify(chain, [...forged, checkpointOf(chain.head, at, signer)], [verifier])
      assert.deepEqual([known.ok, known.writers[0]?.provenTo, known.writers[0]?.provenBy], [true, 9, 'outside'])
    })

    it('finds a signed checkpoint that was copied to another place', async () => {
      const chain = signed()
      const copied = chain.rows[4]
      assert.ok(copied?.kind === 'note')
      chain.note(copied.text)
      assert.deepEqual(first(await verify(chain, [], [verifier])), ['changed', 10])
    })
  })
}

describe('verifying a chain after retention', () => {
  it('counts what was removed on the record', async () => {
    const chain = retire(new WrittenChain().events(9), [1, 2, 3, 5])
    chain.events(3)
    chain.forget(1, 2, 3, 5)
    const report = await verify(chain)
    assert.deepEqual([report.ok, report.events, report.retired], [true, 8, 4])
  })

  it('names contents that were removed without a record', async () => {
    const chain = retire(new WrittenChain().events(9), [1, 2])
    chain.forget(1, 2, 6, 7)
    const report = await verify(chain)
    assert.deepEqual(first(report), ['removed', 6, 7])
    assert.equal(report.retired, 2)
  })

  it('names contents named in a record that was made before them', async () => {
    const chain = retire(new WrittenChain().events(3), [2, 6])
    chain.events(4)
    chain.forget(2, 6)
    assert.deepEqual(
      (await verify(chain)).findings.map(({ kind, position }) => [kind, position]),
      [
        ['retention', 4],
        ['removed', 6],
      ],
    )
  })

  it('holds contents that are still there to their hashes all the same', async () => {
    const chain = retire(new WrittenChain().events(9), [1, 2])
    chain.change(2, edited)
    assert.deepEqual(first(await verify(chain)), ['changed', 2])
  })

  it('finds a changed leaf of a row without content', async () => {
    const chain = retire(new WrittenChain().events(9), [2, 3])
    chain.forget(2, 3)
    chain.change(3, (row) => ({ ...row, leaf: Buffer.alloc(32, 1) }))
    assert.equal((await verify(chain)).findings[0]?.kind, 'changed')
  })

  it('finds a record whose ranges were widened', async () => {
    const chain = retire(new WrittenChain().events(9), [2, 3])
    chain.change(10, (row) =>
      row.kind === 'note' ? { ...row, text: row.text.replace('ranges=2-3', 'ranges=2-8') } : row,
    )
    chain.forget(2, 3, 4, 5, 6, 7, 8)
    assert.ok((await verify(chain)).findings.some(({ kind, position }) => kind === 'retention' && position === 10))
  })

  it('cannot tell a faked record at the end without a key, as anybody can append', async () => {
    const chain = new WrittenChain().events(9)
    const known = checkpointOf(chain.head, at)
    retire(chain, [4]).forget(4)
    const report = await verify(chain, [known])
    assert.deepEqual([report.ok, report.retired], [true, 1])
  })

  const faked: [string, Signer | undefined][] = [
    ['unsigned', undefined],
    ['signed by somebody else', stranger],
  ]
  for (const [how, signer] of faked) {
    it(`finds a faked record with a key: ${how}`, async () => {
      const chain = new WrittenChain().events(4)
      chain.note(checkpointText(checkpointOf(chain.head, at, hmac))).events(3)
      retire(chain, [2], signer).forget(2)
      const report = await verify(chain, [], [hmac])
      assert.deepEqual(
        report.findings.map(({ kind, position }) => [kind, position]),
        [
          ['removed', 2],
          ['retention', 9],
        ],
      )
    })
  }

  it('accepts unsigned records from before the first signature, and says so', async () => {
    const chain = retire(new WrittenChain().events(4), [2])
    chain.forget(2)
    chain.note(checkpointText(checkpointOf(chain.head, at, hmac)))
    const report = await verify(chain, [], [hmac])
    assert.equal(report.ok, true)
    assert.match(report.proof ?? '', /1 records? of retention/)
  })

  it('takes the signature of a record as a checkpoint', async () => {
    const chain = retire(new WrittenChain().events(4), [2], hmac)
    chain.forget(2)
    const report = await verify(chain, [], [hmac])
    assert.deepEqual([report.ok, report.writers[0]?.provenTo], [true, 4])
  })

  it('survives a record that names everything there could be', async () => {
    const chain = new WrittenChain().events(4)
    const ranges = [{ first: 1, last: Number.MAX_SAFE_INTEGER }]
    chain.note(retentionNote(chain.head, { reason: 'size', policy: 'x', before: at.toISOString(), ranges }, at))
    chain.forget(1, 2)
    assert.equal(
      (await verify(chain)).findings.some(({ kind }) => kind === 'retention'),
      true,
    )
  })
})
