import type { BatchCounts } from '../../src/batch/model'
import { type KeptWords, showKept } from '../shared/kept-status'
import type { NodeStatus } from '../shared/status'

const WORDS: KeptWords = { one: 'batch', many: 'batches', collected: 'collected' }

/** @param paused why no batch leaves now */
export function showBatches(status: NodeStatus, counts: BatchCounts, paused: string | undefined, now: number): void {
  showKept(status, WORDS, counts, paused, now)
}
