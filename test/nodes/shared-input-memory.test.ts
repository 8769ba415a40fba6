import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'mocha'

describe('a node that has finished with its messages', () => {
  it('leaves none of them for the collector of old objects', () => {
    const script = join(__dirname, '../support/input-memory-process.ts')
    const grown = Number(execFileSync(process.execPath, ['-r', 'tsx/cjs', script], { encoding: 'utf8' }))
    // One closure assigned to a member in the constructor, and this is over 20 MB.
    assert.ok(grown < 5, `${grown.toFixed(1)} MB more among the old objects`)
  }).timeout(60_000)
})
