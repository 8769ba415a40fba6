// The audit store at a real OpenSearch: the one at OPENSEARCH_URL, or one that is obtained and started for the time of the tests.

import { startOpenSearch } from './real-opensearch.mjs'
import { conclude, suite } from './suite.mjs'

let started
if (process.env.OPENSEARCH_URL === undefined) {
  started = await startOpenSearch(process.env.OPENSEARCH_VERSION)
  process.env.OPENSEARCH_URL = started.url
}
console.log(`The OpenSearch at ${new URL(process.env.OPENSEARCH_URL).host}`)
try {
  await suite('opensearch')
} finally {
  await started?.stop()
}
conclude()
