import assert from 'node:assert/strict'
import { fuzz } from '../../fuzz/fuzz'

describe('20,000 bodies made of recorded ones', function () {
  this.timeout(120_000)

  it('give each an event or a refusal, without a crash, and none takes more than 50 ms', () => {
    const { events, refused, invalid } = fuzz(20_000, 20261121)
    // The changes get as far as the conversion, and far enough to matter.
    assert.ok(events > 15_000, `${events} events`)
    assert.ok(invalid > 500, `${invalid} of them not as the standard wants`)
    assert.ok(Object.keys(refused).length >= 6, JSON.stringify(refused))
  })
})
