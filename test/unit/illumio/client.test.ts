import assert from 'node:assert/strict'
import { systemClock } from '../../../src/http/retry'
import { PceClient } from '../../../src/illumio/client'

const ACCOUNT = { origin: 'https://pce.example.net:8443', org: 7, key: 'api_1', secret: 's' }

describe('a page of events', () => {
  const page = async (count: number, headers: Record<string, string> = {}) => {
    const http = {
      request: async () => ({ status: 200, headers, text: JSON.stringify(Array.from({ length: count }, () => ({}))) }),
      close: async () => {},
    }
    return (await new PceClient(ACCOUNT, http as never, systemClock).events(0, 1, 1000)).full
  }

  for (const [what, count, headers, full] of [
    ['as many as were asked for', 1000, {}, true],
    ['fewer', 999, {}, false],
    ['none', 0, {}, false],
    ['fewer than there are', 10, { 'x-total-count': '11' }, true],
    ['all there are, by chance a usual limit', 500, { 'x-total-count': '500' }, false],
    ['the usual default, without a word on how many there are', 100, {}, true],
    ['the limit of other collections, without a word on how many there are', 500, {}, true],
  ] as const) {
    it(`with ${what} ${full ? 'counts as cut' : 'is whole'}`, async () => {
      assert.equal(await page(count, headers), full)
    })
  }
})
