import assert from 'node:assert/strict'
import { authOf } from '../../../src/openstack/account'
import { importAccounts } from '../../../src/openstack/import-account'

const CLOUDS = `
clouds:
  prod:
    profile: vendor
    auth:
      auth_url: https://keystone.example.net:5000/v3
      username: watcher
      project_name: ops
      user_domain_name: Corp
      project_domain_id: default
    region_name: north
    interface: internal
    identity_api_version: 3
    cacert: /etc/ssl/ca.pem
    verify: true
    load_balancer_endpoint_override: https://lb
    network_endpoint_override: https://net:9696
  edge:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://edge/identity
      application_credential_id: abc
      application_credential_secret: "s3cr3t: yes"
`

describe('Importing clouds.yaml', () => {
  it('gives every cloud, with secrets apart and a list of what was not used', () => {
    const [prod, edge, ...more] = importAccounts(CLOUDS)
    assert.equal(more.length, 0)
    assert.equal(prod?.name, 'prod')
    assert.deepEqual(prod?.fields, {
      authUrl: 'https://keystone.example.net:5000/v3',
      authType: 'password',
      user: 'watcher',
      userBy: 'name',
      userDomain: 'Corp',
      userDomainBy: 'name',
      scope: 'project',
      project: 'ops',
      projectBy: 'name',
      projectDomain: 'default',
      projectDomainBy: 'id',
      applicationCredential: '',
      applicationCredentialBy: 'id',
      region: 'north',
      interface: 'internal',
      networkEndpoint: 'https://net:9696',
      allProjects: false,
    })
    assert.deepEqual(prod?.secrets, {})
    assert.deepEqual(
      prod?.notUsed.map(({ key }) => key),
      ['profile', 'identity_api_version', 'cacert', 'load_balancer_endpoint_override'],
    )
    assert.match(prod?.notUsed[2]?.reason ?? '', /TLS configuration/)
    assert.equal(edge?.fields.authType, 'application_credential')
    assert.equal(edge?.fields.applicationCredential, 'abc')
    assert.deepEqual(edge?.secrets, { secret: 's3cr3t: yes' })
    assert.equal(JSON.stringify(edge?.fields).includes('s3cr3t'), false)
  })

  it('merges a secure.yaml that follows', () => {
    const [prod] = importAccounts(`${CLOUDS}\n---\nclouds:\n  prod:\n    auth:\n      password: pw\n`)
    assert.deepEqual(prod?.secrets, { password: 'pw' })
    assert.equal(prod?.fields.user, 'watcher')
    assert.deepEqual(authOf(prod.fields, prod.secrets), {
      method: 'password',
      user: { name: 'watcher', domain: { name: 'Corp' } },
      password: 'pw',
      scope: { project: { name: 'ops', domain: { id: 'default' } } },
    })
  })

  it('takes ids where there are ids', () => {
    const [one] = importAccounts(
      'clouds: {a: {auth: {auth_url: "http://k", user_id: u1, username: n, password: p, project_id: p1}}}',
    )
    assert.deepEqual(authOf(one?.fields ?? assert.fail(), one?.secrets ?? {}), {
      method: 'password',
      user: { id: 'u1' },
      password: 'p',
      scope: { project: { id: 'p1' } },
    })
  })

  const refused: [title: string, text: string][] = [
    ['nothing', ''],
    ['another YAML', 'a: 1'],
    ['broken YAML', 'clouds:\n  a:\n    auth: {password: hunter2secret\n'],
    [
      'a bomb of aliases',
      `a: &a [x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${'*a,'.repeat(20)}*a]`).join('\n')}\nclouds: {x: {}}`,
    ],
    ['a huge text', `clouds: {}\n${'#'.repeat(300_000)}`],
  ]
  for (const [title, text] of refused) {
    it(`refuses ${title}, without showing what stood in it`, () => {
      assert.throws(
        () => importAccounts(text),
        (error: Error & { code?: string }) => error.code === 'KEYSTONE_CONFIGURATION' && !/hunter2/.test(error.message),
      )
    })
  }
})

describe('Importing OS_ variables', () => {
  it('reads an openrc file as it is', () => {
    const [account, ...more] = importAccounts(`#!/usr/bin/env bash
# Keystone
export OS_AUTH_URL=https://keystone.example.net:5000/v3
export OS_PROJECT_ID=0fb745d3
export OS_PROJECT_NAME="my project"
export OS_USER_DOMAIN_NAME="Default"
if [ -z "$OS_USER_DOMAIN_NAME" ]; then unset OS_USER_DOMAIN_NAME; fi
unset OS_TENANT_ID
export OS_USERNAME='o''brien'
echo "Please enter your OpenStack Password"
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT
export OS_REGION_NAME="RegionOne"
export OS_INTERFACE=public
export OS_CACERT=/etc/ca.pem
export OS_IDENTITY_API_VERSION=3
`)
    assert.equal(more.length, 0)
    assert.equal(account?.fields.project, '0fb745d3')
    assert.equal(account?.fields.projectBy, 'id')
    assert.equal(account?.fields.region, 'RegionOne')
    assert.equal(account?.fields.interface, 'public')
    assert.deepEqual(account?.secrets, {})
    assert.deepEqual(
      account?.notUsed.map(({ key }) => key),
      ['OS_CACERT', 'OS_IDENTITY_API_VERSION', 'OS_PASSWORD'],
    )
    assert.match(account?.notUsed[2]?.reason ?? '', /by hand/)
  })

  it('reads an application credential, and plain lines of an environment', () => {
    const [account] = importAccounts(
      [
        'OS_CLOUD=edge',
        'OS_AUTH_TYPE=v3applicationcredential',
        'OS_AUTH_URL=https://edge/identity',
        'OS_APPLICATION_CREDENTIAL_ID=abc',
        "OS_APPLICATION_CREDENTIAL_SECRET='$ecret'",
      ].join('\n'),
    )
    assert.equal(account?.name, 'edge')
    assert.deepEqual(account?.notUsed, [])
    assert.deepEqual(authOf(account?.fields ?? assert.fail(), account.secrets), {
      method: 'application_credential',
      credential: { id: 'abc' },
      secret: '$ecret',
    })
  })

  it('says which way to log in is not supported', () => {
    const [account] = importAccounts('OS_AUTH_URL=http://k\nOS_AUTH_TYPE=v3oidcpassword\nOS_TOKEN=gAAAA\n')
    assert.deepEqual(
      account?.notUsed.map(({ key }) => key),
      ['OS_AUTH_TYPE', 'OS_TOKEN'],
    )
    assert.equal(JSON.stringify(account).includes('gAAAA'), false)
  })
})

describe('An account', () => {
  const [complete] = importAccounts(
    'clouds: {a: {auth: {auth_url: "http://k", username: u, password: p, project_name: x}}}',
  )
  const fields = complete?.fields ?? assert.fail()
  it('names what is missing', () => {
    assert.throws(() => authOf(fields, {}), { code: 'KEYSTONE_CONFIGURATION', message: /no password/ })
    assert.throws(() => authOf({ ...fields, userDomain: ' ' }, { password: 'p' }), { message: /no user domain/ })
    assert.throws(() => authOf({ ...fields, project: '' }, { password: 'p' }), { message: /no project/ })
    assert.throws(() => authOf({ ...fields, authType: 'application_credential' }, {}), {
      message: /no application credential/,
    })
  })
  it('names the user of an application credential that is given by name', () => {
    const auth = authOf(
      {
        ...fields,
        authType: 'application_credential',
        applicationCredential: 'watch',
        applicationCredentialBy: 'name',
      },
      { secret: ' s ' },
    )
    assert.deepEqual(auth, {
      method: 'application_credential',
      credential: { name: 'watch', user: { name: 'u', domain: { name: 'Default' } } },
      secret: ' s ',
    })
  })
  it('can ask for the whole system, or for no scope', () => {
    assert.deepEqual(authOf({ ...fields, scope: 'system' }, { password: 'p' }).method, 'password')
    assert.equal('scope' in authOf({ ...fields, scope: 'default' }, { password: 'p' }), false)
  })
})
