// What the tests need beyond npm: a real RabbitMQ, a real rsyslog, a real browser; and, for some, a real OpenStack.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, rmSync, writeFileSync } from 'node:fs'

const RABBITMQ = { name: 'rabbitmq-server', present: () => existsSync('/usr/sbin/rabbitmq-server') }
export const OPENSSL = { name: 'openssl', present: () => existsSync('/usr/bin/openssl') }

/** For `npm test`. */
export const FOR_TESTS = [
  RABBITMQ,
  { name: 'rsyslog', present: () => existsSync('/usr/sbin/rsyslogd') },
  { name: 'rsyslog-gnutls', present: () => globSync('/usr/lib/*/rsyslog/lmnsd_gtls.so').length > 0 },
  { name: 'chromium', present: () => existsSync('/usr/bin/chromium') },
  OPENSSL,
]
/** For `npm run test:openstack`. */
export const FOR_OPENSTACK = [
  RABBITMQ,
  { name: 'mariadb-server', present: () => existsSync('/usr/sbin/mariadbd') },
  { name: 'keystone', present: () => existsSync('/usr/bin/keystone-manage') },
  { name: 'neutron-server', present: () => existsSync('/usr/bin/neutron-server') },
  { name: 'octavia-api', present: () => existsSync('/usr/bin/octavia-db-manage') },
  { name: 'octavia-worker', present: () => existsSync('/usr/bin/octavia-worker') },
  { name: 'uwsgi-plugin-python3', present: () => globSync('/usr/lib/uwsgi/plugins/python3*_plugin.so').length > 0 },
  OPENSSL,
]
const POLICY = '/usr/sbin/policy-rc.d'

/** Installs what is missing, or ends with one sentence that says what to install. */
export function ensureSystemPackages(needed = FOR_TESTS) {
  const absent = () => needed.filter((one) => !one.present()).map((one) => one.name)
  const missing = absent()
  if (missing.length === 0) return
  const permitted = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!permitted) {
    console.error(`The tests need ${missing.join(', ')}: install them (Debian: apt-get install ${missing.join(' ')}).`)
    process.exit(1)
  }
  console.log(`Installing the Debian packages ${missing.join(', ')} for the tests; no service is started.`)
  const installed = withoutServices(
    () => aptGet('update') && aptGet('install', '-y', '--no-install-recommends', ...missing),
  )
  if (!installed) process.exit(1)
  const still = absent()
  if (still.length > 0) {
    console.error(`Installed, but not where the tests look for them: ${still.join(', ')}.`)
    process.exit(1)
  }
}

/** Debian asks /usr/sbin/policy-rc.d before a package starts a service; 101 means "do not". */
function withoutServices(install) {
  if (existsSync(POLICY)) return install()
  // Ctrl-C ends apt-get, not this: the file must not stay behind.
  const wait = () => {}
  process.on('SIGINT', wait)
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    rmSync(POLICY)
    process.removeListener('SIGINT', wait)
  }
}

function aptGet(...args) {
  const { status } = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=900', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) console.error(`apt-get ${args[0]} failed.`)
  return status === 0
}
