// What the tests need beyond npm: a real RabbitMQ, a real rsyslog, a real browser.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, rmSync, writeFileSync } from 'node:fs'

const NEEDED = [
  { name: 'rabbitmq-server', present: () => existsSync('/usr/sbin/rabbitmq-server') },
  { name: 'rsyslog', present: () => existsSync('/usr/sbin/rsyslogd') },
  { name: 'rsyslog-gnutls', present: () => globSync('/usr/lib/*/rsyslog/lmnsd_gtls.so').length > 0 },
  { name: 'chromium', present: () => existsSync('/usr/bin/chromium') },
  { name: 'openssl', present: () => existsSync('/usr/bin/openssl') },
]
const POLICY = '/usr/sbin/policy-rc.d'

/** Installs what is missing, or ends with one sentence that says what to install. */
export function ensureSystemPackages() {
  const missing = NEEDED.filter((one) => !one.present()).map((one) => one.name)
  if (missing.length === 0) return
  const permitted = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!permitted) {
    console.error(`The tests need ${missing.join(', ')}: install them (Debian: apt-get install ${missing.join(' ')}).`)
    process.exit(1)
  }
  console.log(`Installing the Debian packages ${missing.join(', ')} for the tests; no service is started.`)
  // Debian asks this script before a package starts a service; 101 means "do not".
  const ownPolicy = !existsSync(POLICY)
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    aptGet('update')
    aptGet('install', '-y', '--no-install-recommends', ...missing)
  } finally {
    if (ownPolicy) rmSync(POLICY)
  }
  const still = NEEDED.filter((one) => !one.present()).map((one) => one.name)
  if (still.length > 0) {
    console.error(`Installed, but not where the tests look for them: ${still.join(', ')}.`)
    process.exit(1)
  }
}

function aptGet(...args) {
  const { status } = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=900', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) {
    console.error(`apt-get ${args[0]} failed.`)
    process.exit(1)
  }
}
