import assert from 'node:assert/strict'
import { demoDomains, demoIdentity, demoProjects, demoUsers } from '../../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, tokenOf } from '../../support/pocket-calls'

const { partner } = demoDomains
const domainScope = { domain: { id: partner.id } }
const systemScope = { system: { all: true } }

/** What a real Keystone of Zed answered to the same is written down here. */
describe('Tokens of the pocket cloud’s Keystone, as an audit API sees them', () => {
  let cloud: PocketCloud
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(() => cloud.close())

  const validate = (own: string, subject: string | undefined, method = 'GET') =>
    ask(method, `${cloud.urls.keystone}/auth/tokens?nocatalog`, {
      headers: { 'x-auth-token': own, ...(subject !== undefined && { 'x-subject-token': subject }) },
    })
  const get = (path: string, token: string) =>
    ask('GET', cloud.urls.keystone + path, { headers: { 'x-auth-token': token } })
  const tokenMember = (answer: { body: unknown }) => (answer.body as { token: Record<string, unknown> }).token
  const message = (answer: { body: unknown }) => (answer.body as { error: { message: string } }).error.message

  it('says of each token what it is for', async () => {
    const audit = await tokenOf(cloud, 'audit')
    const common = ['methods', 'user', 'audit_ids', 'expires_at', 'issued_at']
    const cases: [string, unknown, string[], string[]][] = [
      ['vera', undefined, [...common, 'project', 'is_domain', 'roles'], ['audit_viewer']],
      ['dora', domainScope, [...common, 'domain', 'roles'], ['audit_viewer', 'audit_admin']],
      ['olga', systemScope, [...common, 'roles', 'system'], ['reader']],
      ['dora', undefined, common, []],
      ['olga', { unscoped: {} }, common, []],
    ]
    for (const [name, scope, members, roles] of cases) {
      const answer = await validate(audit, await tokenOf(cloud, name, scope))
      assert.equal(answer.status, 200)
      const token = tokenMember(answer)
      assert.deepEqual(Object.keys(token), members)
      assert.deepEqual(
        ((token['roles'] ?? []) as { name: string }[]).map((role) => role.name),
        roles,
      )
    }
    const domain = tokenMember(await validate(audit, await tokenOf(cloud, 'dora', domainScope)))
    assert.deepEqual(domain['domain'], { id: partner.id, name: 'partner' })
    assert.deepEqual((domain['user'] as { domain: unknown }).domain, { id: partner.id, name: 'partner' })
    const system = tokenMember(await validate(audit, await tokenOf(cloud, 'olga', systemScope)))
    assert.deepEqual(system['system'], { all: true })
  })

  it('lets administrators, services, readers of the system and the owner validate a token, and nobody else', async () => {
    const vera = await tokenOf(cloud, 'vera')
    const cases: [string, unknown, number, number][] = [
      ['admin', undefined, 200, 200],
      // The rule for HEAD does not name the role `service`.
      ['audit', undefined, 200, 403],
      ['olga', systemScope, 200, 200],
      ['vera', undefined, 200, 200],
      ['viktor', undefined, 403, 403],
      ['dora', domainScope, 403, 403],
      ['dora', undefined, 403, 403],
    ]
    for (const [name, scope, onGet, onHead] of cases) {
      const own = await tokenOf(cloud, name, scope)
      assert.equal((await validate(own, vera)).status, onGet, name)
      const head = await validate(own, vera, 'HEAD')
      assert.equal(head.status, onHead, name)
      assert.equal(head.text, '')
    }
  })

  it('tells a bad own token from a bad subject, and a stranger from a token that is over', async () => {
    const [admin, vera] = [await tokenOf(cloud, 'admin'), await tokenOf(cloud, 'vera')]
    const cases: [string, string | undefined, number, RegExp][] = [
      ['gAAAAbad', vera, 401, /requires authentication/],
      ['gAAAAbad', 'gAAAAbad', 401, /requires authentication/],
      [admin, 'gAAAAbad', 404, /Could not recognize Fernet token/],
      [vera, 'gAAAAbad', 404, /Could not recognize Fernet token/],
      [admin, undefined, 404, /No token in the request/],
    ]
    for (const [own, subject, status, text] of cases) {
      const answer = await validate(own, subject)
      assert.equal(answer.status, status)
      assert.match(message(answer), text)
    }
    cloud.clock.advance(3_601_000)
    const expired = await validate(await tokenOf(cloud, 'admin'), vera)
    assert.equal(expired.status, 404)
    assert.equal(message(expired), 'Failed to validate token')
  })

  it('revokes a token for its user and for administrators only', async () => {
    const revoke = (own: string, subject: string) =>
      ask('DELETE', `${cloud.urls.keystone}/auth/tokens`, {
        headers: { 'x-auth-token': own, 'x-subject-token': subject },
      })
    const admin = await tokenOf(cloud, 'admin')
    const vera = await tokenOf(cloud, 'vera')
    assert.equal((await revoke(await tokenOf(cloud, 'viktor'), vera)).status, 403)
    assert.equal((await revoke(await tokenOf(cloud, 'audit'), vera)).status, 403)
    assert.equal((await revoke(await tokenOf(cloud, 'olga', systemScope), vera)).status, 403)
    assert.equal((await validate(vera, vera)).status, 200)
    assert.equal((await revoke(vera, vera)).status, 204)
    assert.equal((await validate(vera, vera)).status, 401)
    assert.equal((await revoke(admin, vera)).status, 404)
  })

  const endings: [string, (call: (method: string, path: string, body?: unknown) => Promise<unknown>) => unknown][] = [
    ['user is disabled', (call) => call('PATCH', `/users/${demoUsers.viktor.id}`, { user: { enabled: false } })],
    ['user is deleted', (call) => call('DELETE', `/users/${demoUsers.viktor.id}`)],
    [
      'project is disabled',
      (call) => call('PATCH', `/projects/${demoProjects.depot.id}`, { project: { enabled: false } }),
    ],
    [
      'domain is disabled',
      () => {
        const domain = cloud.identity.domain(partner.id)
        if (domain !== undefined) domain.enabled = false
      },
    ],
  ]
  for (const [what, end] of endings) {
    it(`ends a token when its ${what}`, async () => {
      const admin = await tokenOf(cloud, 'admin')
      const viktor = await tokenOf(cloud, 'viktor')
      await end((method, path, body) =>
        ask(method, cloud.urls.keystone + path, { headers: { 'x-auth-token': admin }, body }),
      )
      assert.equal((await validate(viktor, viktor)).status, 401)
      assert.equal((await validate(admin, viktor)).status, 404)
    })
  }

  it('takes a role from tokens that are there, and says of one without any, even as one’s own, that there is none', async () => {
    const headers = { 'x-auth-token': await tokenOf(cloud, 'admin') }
    const dora = await tokenOf(cloud, 'dora', domainScope)
    const take = (name: string) =>
      ask('DELETE', `${cloud.urls.keystone}/domains/${partner.id}/users/${demoUsers.dora.id}/roles/${role(name)}`, {
        headers,
      })
    assert.equal((await take('audit_viewer')).status, 204)
    const { roles } = tokenMember(await validate(dora, dora))
    assert.deepEqual(
      (roles as { name: string }[]).map(({ name }) => name),
      ['audit_admin'],
    )
    assert.equal((await take('audit_admin')).status, 204)
    for (const own of [dora, headers['x-auth-token']]) {
      const answer = await validate(own, dora)
      assert.equal(answer.status, 404)
      assert.equal(message(answer), `Could not find token: ${dora}.`)
    }
  })

  function role(name: string): string {
    return demoIdentity.roles.find((each) => each.name === name)?.id ?? ''
  }

  it('shows a role on a domain or project in tokens that were there before it', async () => {
    const headers = { 'x-auth-token': await tokenOf(cloud, 'admin') }
    const dora = await tokenOf(cloud, 'dora', domainScope)
    const url = `${cloud.urls.keystone}/domains/${partner.id}/users/${demoUsers.dora.id}/roles/${role('reader')}`
    assert.equal((await get(`/projects/${demoProjects.depot.id}`, dora)).status, 403)
    cloud.keystoneNotifier.published.length = 0
    assert.equal((await ask('PUT', url, { headers })).status, 204)
    assert.equal((await get(`/projects/${demoProjects.depot.id}`, dora)).status, 200)
    const [told] = cloud.keystoneNotifier.published
    assert.equal(told?.eventType, 'identity.role_assignment.created')
    assert.equal(told?.payload['domain'], partner.id)
    assert.equal('project' in (told?.payload ?? {}), false)
    assert.equal((await ask('DELETE', url, { headers })).status, 204)
    assert.equal((await get(`/projects/${demoProjects.depot.id}`, dora)).status, 403)
  })

  it('shows projects, users and domains to whom they concern', async () => {
    cloud.identity.grant(
      cloud.identity.users.find(({ name }) => name === 'dora') ?? demoUsers.dora,
      { domain: partner.id },
      cloud.identity.role('reader'),
    )
    const tokens = {
      admin: await tokenOf(cloud, 'admin'),
      system: await tokenOf(cloud, 'olga', systemScope),
      domain: await tokenOf(cloud, 'dora', domainScope),
      project: await tokenOf(cloud, 'viktor'),
      unscoped: await tokenOf(cloud, 'dora'),
    }
    const { depot, shop } = demoProjects
    const { viktor, vera, dora } = demoUsers
    const table: [string, Record<keyof typeof tokens, number>][] = [
      ['/domains', { admin: 200, system: 200, domain: 403, project: 403, unscoped: 403 }],
      [`/domains/${partner.id}`, { admin: 200, system: 200, domain: 200, project: 200, unscoped: 403 }],
      ['/domains/default', { admin: 200, system: 200, domain: 403, project: 403, unscoped: 403 }],
      ['/domains/none', { admin: 404, system: 404, domain: 403, project: 403, unscoped: 403 }],
      ['/projects', { admin: 200, system: 200, domain: 200, project: 403, unscoped: 403 }],
      [`/projects/${depot.id}`, { admin: 200, system: 200, domain: 200, project: 200, unscoped: 403 }],
      [`/projects/${shop.id}`, { admin: 200, system: 200, domain: 403, project: 403, unscoped: 403 }],
      ['/projects/none', { admin: 404, system: 404, domain: 403, project: 403, unscoped: 403 }],
      [`/users/${viktor.id}`, { admin: 200, system: 200, domain: 200, project: 200, unscoped: 403 }],
      [`/users/${dora.id}`, { admin: 200, system: 200, domain: 200, project: 403, unscoped: 200 }],
      [`/users/${vera.id}`, { admin: 200, system: 200, domain: 403, project: 403, unscoped: 403 }],
      ['/users/none', { admin: 404, system: 404, domain: 403, project: 403, unscoped: 403 }],
      ['/auth/catalog', { admin: 200, system: 403, domain: 403, project: 200, unscoped: 403 }],
    ]
    for (const [path, expected] of table) {
      for (const [who, token] of Object.entries(tokens)) {
        assert.equal((await get(path, token)).status, expected[who as keyof typeof tokens], `${who} ${path}`)
      }
    }
    const names = (answer: { body: unknown }) =>
      Object.values(answer.body as Record<string, { name: string }[]>)[0]?.map(({ name }) => name)
    assert.deepEqual(names(await get('/projects', tokens.domain)), ['depot'])
    assert.deepEqual(names(await get('/domains', tokens.admin)), ['Default', 'partner'])
    assert.deepEqual(names(await get('/domains?name=partner', tokens.admin)), ['partner'])
    assert.deepEqual(names(await get('/auth/domains', tokens.unscoped)), ['partner'])
    assert.deepEqual((await get('/auth/system', tokens.system)).body, {
      system: [{ all: true }],
      links: { self: `${cloud.urls.keystone}/auth/system` },
    })
  })

  it('keeps names apart by domain', async () => {
    const headers = { 'x-auth-token': await tokenOf(cloud, 'admin') }
    const make = (domain_id: string) =>
      ask('POST', `${cloud.urls.keystone}/projects`, { headers, body: { project: { name: 'shop', domain_id } } })
    assert.equal((await make(partner.id)).status, 201)
    assert.equal((await make(partner.id)).status, 409)
    assert.equal((await make('default')).status, 409)
    assert.equal((await make('nowhere')).status, 404)
  })
})
