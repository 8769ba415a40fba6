// How the test files of one folder are spread over several mochas that run side by side.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, testFiles } from './suite.mjs'

/** Roughly how long a file takes, in seconds; only those that take long need to stand here. */
const SECONDS = {
  'browser/editor': 130,
  'browser/audit-page': 25,
  'browser/audit-page-access': 25,
  'browser/audit-page-filters': 15,
  'browser/filter-dialog': 35,
  'browser/rabbitmq-dialog': 20,
  'e2e/audit-routing': 25,
  'e2e/audit-trail': 15,
  'e2e/correlation-examples': 10,
  'e2e/kill': 180,
  'e2e/notify': 50,
  'e2e/package': 20,
  'e2e/qualys-flow': 15,
  'e2e/recorded-neutron': 20,
  'e2e/start': 70,
  'integration/audit-sqlite-conformance': 12,
  'integration/audit-store-node': 18,
  'integration/batch-survives-kill': 35,
  'integration/correlation-survives-kill': 30,
  'integration/illumio-day': 20,
  'integration/illumio-survives-kill': 15,
  'integration/log-file-source': 20,
  'integration/notify-slack-rabbitmq': 15,
  'integration/pocket-cloud-publishing': 12,
  'integration/port-lookup-outage': 25,
  'integration/private-rabbitmq': 10,
  'integration/qualys-kill': 12,
  'integration/rabbitmq-node': 35,
  'integration/rabbitmq-source': 55,
  'integration/syslog-in-node-red': 15,
  'integration/syslog-to-rsyslog': 12,
}
const USUAL_SECONDS = 4

/** Files that share what takes long to start stay together, so that it starts once: an editor, a RabbitMQ. */
const SHARED = ['support/shared-editor', 'support/rabbitmq']

/** The files of test/<name>/ in so many parts that should take about as long as each other. */
export function parts(name, count) {
  const files = testFiles(name)
  const groups = new Map()
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    const group = SHARED.find((shared) => text.includes(shared)) ?? file
    groups.set(group, [...(groups.get(group) ?? []), file])
  }
  const weighed = [...groups.values()].map((group) => ({ group, seconds: sum(group.map(secondsOf)) }))
  const found = Array.from({ length: count }, () => ({ files: [], seconds: 0 }))
  for (const { group, seconds } of weighed.sort((one, other) => other.seconds - one.seconds)) {
    const emptiest = found.reduce((least, part) => (part.seconds < least.seconds ? part : least))
    emptiest.files.push(...group)
    emptiest.seconds += seconds
  }
  return found.map((part) => part.files.sort())
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0)
const secondsOf = (file) => SECONDS[file.slice('test/'.length, -'.test.ts'.length)] ?? USUAL_SECONDS
