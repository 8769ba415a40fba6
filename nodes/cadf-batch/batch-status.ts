import type { BatchCounts } from '../../src/batch/model'
import { quote } from '../../src/errors/redact'
import type { NodeStatus } from '../shared/status'

/** @param paused why no batch leaves now */
export function showBatches(status: NodeStatus, counts: BatchCounts, paused: string | undefined, now: number): void {
  const { collecting, open, going, failed, setAside, reason = '', retryAt } = counts
  const collected = collecting > 0 ? `, ${collecting} collected` : ''
  if (setAside > 0) {
    status.attention(`${batches(setAside)} set aside${collected}: ${quote(reason)}`)
  } else if (failed > 0) {
    const seconds = Math.max(0, Math.ceil(((retryAt ?? now) - now) / 1000))
    status.healing(`${batches(failed)} failed${collected}, retry in ${seconds} s: ${quote(reason)}`)
  } else if (paused !== undefined) {
    status.healing(`paused${collected}: ${quote(paused)}`)
  } else if (going > 0) {
    status.busy(`${batches(going)} on the way${collected}`)
  } else if (collecting > 0) {
    status.busy(`${collecting} collected${open > 1 ? ` in ${batches(open)}` : ''}`)
  } else {
    status.ready('empty')
  }
}

function batches(count: number): string {
  return count === 1 ? '1 batch' : `${count} batches`
}
