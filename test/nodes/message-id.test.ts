import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { messageId } from '../../nodes/shared/message-id'

describe('the id of a message', () => {
  it('looks as the runtime makes them, and is a new one each time', () => {
    const ids = Array.from({ length: 10_000 }, messageId)
    for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/)
    assert.equal(new Set(ids).size, ids.length)
  })
})
