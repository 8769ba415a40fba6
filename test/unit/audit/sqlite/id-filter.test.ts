import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { hashOf } from '../../../../src/audit/sqlite/hash'
import { IdFilter } from '../../../../src/audit/sqlite/id-filter'
import { LookupRows, SEGMENT } from '../../../../src/audit/sqlite/lookup'

const hashes = (id: string) => [hashOf(id, 1), hashOf(id, 2) | 1] as const
const ids = (segment: number) => Array.from({ length: SEGMENT }, (_, number) => `event-${segment}-${number}`)

describe('the filter of ids', () => {
  const full = new IdFilter()
  const segments = [0, 1, 31, 32, 33]
  before(() => {
    for (const segment of segments) for (const id of ids(segment)) full.add(segment, ...hashes(id))
  })

  it('names the segment of each id, and hardly any other', () => {
    let others = 0
    for (const segment of segments) {
      for (const id of ids(segment)) {
        const found = full.segmentsOf(...hashes(id))
        assert(found.includes(segment), id)
        others += found.length - 1
      }
    }
    assert(others < segments.length * SEGMENT * 0.02, `${others} others`)
  })

  it('names hardly any for ids that are not there', () => {
    const strangers = ids(99).filter((id) => full.segmentsOf(...hashes(id)).length > 0)
    assert(strangers.length < SEGMENT * 0.02, `${strangers.length} of ${SEGMENT}`)
  })

  it('is the same when it is read from the file', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE segment (id INTEGER PRIMARY KEY, filter BLOB)')
    const kept = new IdFilter()
    for (const id of ids(0)) kept.add(0, ...hashes(id))
    kept.seal(database, 0)
    const begun = ids(1).slice(0, 10)
    const read = new IdFilter()
    read.load(database, 1, begun.map(hashes))
    for (const id of ids(0)) assert(read.segmentsOf(...hashes(id)).includes(0), id)
    for (const id of begun) assert(read.segmentsOf(...hashes(id)).includes(1), id)
    assert.equal(read.segmentsOf(...hashes('event-1-500')).length, 0)
    database.close()
  })
})

describe('rows for looking up', () => {
  it('come out by segment and hash as they went in, also the extremes', () => {
    const rows = new LookupRows(1)
    const all: [number, number][] = [
      [2 ** 31 - 1, 5],
      [-(2 ** 31), 5],
      [0, SEGMENT - 1],
      [0, 0],
      [-1, 1],
      [7, SEGMENT],
      [-7, 2 * SEGMENT - 1],
    ]
    for (const [hash, seq] of all) rows.add(hash, seq)
    assert.deepEqual(rows.values(), [
      ...[0, -(2 ** 31), 5],
      ...[0, -1, 1],
      ...[0, 0, 0],
      ...[0, 0, SEGMENT - 1],
      ...[0, 2 ** 31 - 1, 5],
      ...[1, -7, 2 * SEGMENT - 1],
      ...[1, 7, SEGMENT],
    ])
  })
})
