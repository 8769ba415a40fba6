import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'mocha'
import { occurrenceOf } from '../../../../src/audit/asking/occurrence'
import type { StoredEvent } from '../../../../src/audit/model'
import { recordOf } from '../../../../src/audit/record/record-of'
import type { Occurrence } from '../../../../src/audit/trail'
import { occurrence } from '../../../support/occurrence'
import { recordedOccurrences } from '../../../support/recorded-occurrences'

const OPTIONS = { cloud: 'lab', now: Date.parse('2026-11-21T12:00:00Z') }

/** What is written; the request context, of which some attributes are, is not kept, and not needed to recognise an event. */
function written(occurred: Occurrence): object {
  const { attributes: _, ...record } = recordOf(occurred, OPTIONS)
  return record
}

/** As an engine gives it back. */
function storedAs(occurred: Occurrence): StoredEvent {
  const { contentHash: _, attributes: __, ...kept } = recordOf(occurred, OPTIONS)
  return { ...kept, sequence: 1 }
}

function again(occurred: Occurrence): Occurrence {
  const { event, notification } = occurrenceOf(storedAs(occurred))
  return { event, ...(notification === undefined ? {} : { notification }) }
}

describe('A stored event in a flow again', () => {
  const recordings = readdirSync('test/fixtures/recordings').filter((name) => name.endsWith('.jsonl'))

  for (const file of recordings) {
    it(`is to the store what it was: ${file}`, () => {
      const all = recordedOccurrences(file)
      assert.ok(all.length > 0)
      for (const occurred of all) {
        assert.deepEqual(written(again(occurred)), written(occurred), occurred.topic)
      }
    })
  }

  it('is to the store what it was, also where it came with no notification', () => {
    const { event } = occurrence('e1')
    assert.deepEqual(written(again({ event })), written({ event }))
    assert.equal(occurrenceOf(storedAs({ event })).notification, undefined)
  })

  it('tells of the request what the event knows of it', () => {
    const { event, notification } = occurrence('e1')
    const initiator = { ...event.initiator, project_id: 'p', request_id: 'req-1', host: { address: '192.0.2.7' } }
    const stored = storedAs({ event: { ...event, initiator }, notification })
    assert.deepEqual(occurrenceOf(stored).notification?.context, {
      ...{ userId: 'user-1', userName: 'dana', projectId: 'p', requestId: 'req-1', remoteAddress: '192.0.2.7' },
    })
    assert.equal(occurrenceOf(stored).topic, notification.eventType)
  })
})
