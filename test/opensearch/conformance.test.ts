import { conformance } from '../conformance/audit-store'
import { realOpenSearch } from './real'

const { open, reopen } = realOpenSearch()
conformance('the audit store in a real OpenSearch', open, { reopen, timeoutMs: 120_000 })
