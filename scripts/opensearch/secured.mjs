// OpenSearch's security plugin for the node of the tests: TLS, and users who may do what docs/audit-opensearch.md names and no more.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of everybody here: a node on loopback that is gone with the tests. */
const PASSWORD = 'audit-secret'

/** Of the store, as the page on OpenSearch has them; the last of each is for the tests to clean up after themselves. */
const STORE = {
  cluster: [
    'indices:admin/index_template/put',
    'cluster:monitor/main',
    'indices:data/write/bulk',
    'indices:data/read/mget',
    'indices:admin/index_template/delete',
  ],
  indices: [
    ...['create_index', 'read', 'write', 'delete', 'indices:admin/refresh*', 'indices:admin/forcemerge*'],
    ...['indices:monitor/segments*', 'indices:admin/mapping/put', 'indices:admin/settings/update'],
    ...['indices:admin/aliases', 'indices:admin/aliases/get'],
    'indices:admin/delete',
  ],
  // Which the tests make themselves.
  hermes: [
    'create_index',
    'read',
    'write',
    'indices:admin/mappings/get',
    'indices:admin/refresh*',
    'indices:admin/delete',
  ],
}

/** Unpacks the plugin, and puts the libraries that it has itself aside. Answers whether it could be had. */
export function obtainSecurity(cache, version) {
  const artifact = `org.opensearch.plugin:opensearch-security:${version}.0:zip`
  const plugin = join(cache, 'security')
  const unpacked = mvn(cache, 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${plugin}`)
  const loader = `org.opensearch:opensearch-plugin-classloader:${version}`
  const copied = mvn(cache, 'dependency:copy', `-Dartifact=${loader}`, `-DoutputDirectory=${join(cache, 'secured')}`)
  if (!unpacked || !copied) return false
  for (const jar of readdirSync(join(cache, 'lib'))) {
    if (!jar.includes('netty')) symlinkSync(join(cache, 'lib', jar), join(cache, 'secured', jar))
  }
  return true
}

function mvn(cwd, ...args) {
  return spawnSync('mvn', ['-q', '-B', ...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

/** Makes certificates and users in the directory of a node. Answers what the tests need to know of them. */
export function secure(home, cache) {
  const config = join(home, 'config')
  mkdirSync(join(home, 'plugins'), { recursive: true, mode: 0o700 })
  symlinkSync(join(cache, 'security'), join(home, 'plugins', 'opensearch-security'))
  cpSync(join(cache, 'security', 'config'), join(config, 'opensearch-security'), { recursive: true })
  const openssl = (...args) => spawnSync('openssl', args, { cwd: config, stdio: 'ignore' })
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=audit tests',
  )
  for (const name of ['node', 'admin']) {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    writeFileSync(join(config, 'ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext']
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...by)
  }
  writeFileSync(join(config, 'opensearch.yml'), JSON.stringify(SETTINGS))
  const role = (cluster, patterns) => ({
    cluster_permissions: cluster,
    index_permissions: Object.entries(patterns).map(([pattern, allowed_actions]) => {
      return { index_patterns: [pattern], allowed_actions }
    }),
  })
  const hash = hashOf(PASSWORD, cache)
  const files = {
    internal_users: ['internalusers', { store: { hash }, auditor: { hash } }],
    roles: [
      'roles',
      {
        audit_store: role(STORE.cluster, { 'test-*': STORE.indices, 'hermes-*': STORE.hermes }),
        audit_reader: role([], { 'test-*': ['read'] }),
      },
    ],
    roles_mapping: ['rolesmapping', { audit_store: { users: ['store'] }, audit_reader: { users: ['auditor'] } }],
  }
  for (const [name, [type, content]] of Object.entries(files)) {
    const text = JSON.stringify({ _meta: { type, config_version: 2 }, ...content })
    writeFileSync(join(config, 'opensearch-security', `${name}.yml`), text)
  }
  return {
    OPENSEARCH_USERNAME: 'store',
    OPENSEARCH_PASSWORD: PASSWORD,
    OPENSEARCH_AUDITOR: 'auditor',
    OPENSEARCH_CA: join(config, 'ca.pem'),
  }
}

/** Also JSON is YAML. */
const SETTINGS = {
  'plugins.security.ssl.transport.pemcert_filepath': 'node.pem',
  'plugins.security.ssl.transport.pemkey_filepath': 'node.key',
  'plugins.security.ssl.transport.pemtrustedcas_filepath': 'ca.pem',
  'plugins.security.ssl.transport.enforce_hostname_verification': false,
  'plugins.security.ssl.http.enabled': true,
  'plugins.security.ssl.http.pemcert_filepath': 'node.pem',
  'plugins.security.ssl.http.pemkey_filepath': 'node.key',
  'plugins.security.ssl.http.pemtrustedcas_filepath': 'ca.pem',
  'plugins.security.nodes_dn': ['CN=node'],
  'plugins.security.authcz.admin_dn': ['CN=admin'],
  'plugins.security.allow_default_init_securityindex': true,
}

function hashOf(password, cache) {
  const classPath = `${join(cache, 'security', '*')}:${join(cache, 'secured', '*')}`
  const { stdout } = spawnSync('java', ['-cp', classPath, 'org.opensearch.security.tools.Hasher', '-p', password])
  return String(stdout).trim().split('\n').at(-1)
}
