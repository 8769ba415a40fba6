import type { AuditStore } from '../../src/audit/store'
import { changing } from './audit/changing'
import { counting } from './audit/counting'
import { exporting } from './audit/exporting'
import { fillingIn } from './audit/filling-in'
import { filtering } from './audit/filtering'
import { finding } from './audit/finding'
import { inserting } from './audit/inserting'
import { integrity } from './audit/integrity'
import { listing } from './audit/listing'
import { phases } from './audit/phases'
import { retention } from './audit/retention'
import { scoping } from './audit/scoping'
import { textSearch } from './audit/text-search'

/** Answers a new, empty store each time; whoever asked closes it. What it leaves behind is the giver's to clear away. */
export type OpenStore = () => Promise<AuditStore>

export interface ConformanceOptions {
  /** Opens the store again that was closed; without it nothing is said of what outlives closing. */
  readonly reopen?: (closed: AuditStore) => Promise<AuditStore>
  /** Of one test, ms. */
  readonly timeoutMs?: number
}

/** What every audit store does, whichever the engine. Call it at the top of a test file. */
export function conformance(name: string, open: OpenStore, options: ConformanceOptions = {}): void {
  describe(name, function () {
    this.timeout(options.timeoutMs ?? 60_000)
    describe('inserting', () => inserting(open))
    describe('the two phases of an operation', () => phases(open))
    describe('who sees what', () => scoping(open))
    describe('conditions on attributes and time', () => filtering(open))
    describe('full text', () => textSearch(open))
    describe('sorting and paging', () => listing(open))
    describe('counts, distinct values and histograms', () => counting(open))
    describe('one event', () => finding(open))
    describe('exporting', () => exporting(open))
    describe('what look-ups told later', () => fillingIn(open, options.reopen))
    describe('retention', () => retention(open))
    describe('settings, closing and opening again', () => changing(open, options.reopen))
    describe('checkpoints and verification', () => integrity(open))
  })
}
