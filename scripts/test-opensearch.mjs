// The audit store at a real OpenSearch: the one at OPENSEARCH_URL, or one that is obtained and started for the time of the tests; with
// OPENSEARCH_SECURED=1 one with users and TLS.

import { startOpenSearch } from './real-opensearch.mjs'
import { conclude, suite } from './suite.mjs'

let started
if (process.env.OPENSEARCH_URL === undefined) {
  started = await startOpenSearch(process.env.OPENSEARCH_VERSION, process.env.OPENSEARCH_SECURED === '1')
  Object.assign(process.env, started.environment)
}
console.log(`The OpenSearch at ${new URL(process.env.OPENSEARCH_URL).host}`)
try {
  await suite('opensearch')
} finally {
  await started?.stop()
}
conclude()
