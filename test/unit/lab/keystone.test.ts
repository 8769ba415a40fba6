import assert from 'node:assert/strict'
import { demoApplicationCredential, demoProjects, demoUsers } from '../../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, passwordOf, tokenOf } from '../../support/pocket-calls'
import { recordedExchange } from '../../support/recorded-neutron'
import { sameHeaders, sameShape } from '../../support/shape'

describe('The pocket cloud’s Keystone', () => {
  let cloud: PocketCloud
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false, regions: ['RegionOne', 'RegionTwo'] })
  })
  afterEach(() => cloud.close())

  const login = (identity: unknown, scope?: unknown) =>
    ask('POST', `${cloud.urls.keystone}/auth/tokens`, {
      body: { auth: { identity, ...(scope !== undefined && { scope }) } },
    })
  const credential = (
    secret: string = demoApplicationCredential.secret,
    id: string = demoApplicationCredential.id,
  ) => ({
    methods: ['application_credential'],
    application_credential: { id, secret },
  })

  it('describes its version as recorded, and offers the choice at the root', async () => {
    const recorded = recordedExchange('keystone-v3')
    const answer = await ask('GET', cloud.urls.keystone)
    assert.equal(answer.status, recorded.status)
    sameShape(answer.body, recorded.body)
    sameHeaders(answer.headers, recorded.headers)
    const root = await ask('GET', cloud.urls.keystone.replace('/v3', '/'))
    assert.equal(root.status, 300)
    const { versions } = root.body as { versions: { values: { links: { href: string }[] }[] } }
    assert.equal(versions.values[0]?.links[0]?.href, `${cloud.urls.keystone}/`)
  })

  it('knows nothing under /v2.0, as every Keystone since Queens', async () => {
    const answer = await ask('POST', `${cloud.urls.keystone.replace('/v3', '/v2.0')}/tokens`, { body: { auth: {} } })
    assert.equal(answer.status, 404)
    assert.match(answer.headers.get('content-type') ?? '', /text\/html/)
  })

  it('answers a password login as recorded', async () => {
    const recorded = recordedExchange('keystone-auth-password')
    const scope = { project: { name: 'admin', domain: { id: 'default' } } }
    const answer = await login(passwordOf('admin'), scope)
    assert.equal(answer.status, 201)
    sameShape(answer.body, recorded.body)
    sameHeaders(answer.headers, recorded.headers)
    const { token } = answer.body as { token: { roles: { name: string }[]; project: { id: string } } }
    assert.deepEqual(
      token.roles.map((role) => role.name),
      ['reader', 'admin', 'member'],
    )
    assert.equal(token.project.id, demoProjects.admin.id)
  })

  it('answers a login with an application credential as recorded', async () => {
    const recorded = recordedExchange('keystone-auth-application-credential')
    const answer = await login(credential())
    assert.equal(answer.status, 201)
    sameShape(answer.body, recorded.body)
  })

  it('refuses a wrong password as recorded, without saying what was wrong', async () => {
    const recorded = recordedExchange('keystone-auth-wrong-password')
    for (const identity of [passwordOf('admin', 'wrong'), passwordOf('nobody'), credential('wrong')]) {
      const answer = await login(identity)
      assert.equal(answer.status, 401)
      assert.deepEqual(answer.body, recorded.body)
      sameHeaders(answer.headers, recorded.headers)
    }
  })

  it('says what else is wrong with a login', async () => {
    const cases: [unknown, unknown, number, RegExp][] = [
      [credential('x', 'no-such-id'), undefined, 404, /Could not find Application Credential: no-such-id\./],
      [credential(), { project: { id: demoProjects.admin.id } }, 401, /Application credentials cannot request a scope/],
      [passwordOf('alice'), { project: { id: demoProjects.archive.id } }, 401, /requires authentication/],
      [passwordOf('alice'), { project: { id: 'f'.repeat(32) } }, 401, /requires authentication/],
      [passwordOf('alice'), { system: { all: true } }, 401, /requires authentication/],
      [passwordOf('alice'), { domain: { id: 'default' } }, 401, /requires authentication/],
      [passwordOf('alice'), { domain: { id: 'nowhere' } }, 401, /requires authentication/],
      [passwordOf('alice'), { domain: { id: 'default' }, system: { all: true } }, 400, /Expecting to find .* in scope/],
      [{ methods: ['password'], password: { user: { name: 'alice' } } }, undefined, 400, /find domain in user/],
      [{ methods: ['token'], token: { id: 'gAAAAbad' } }, undefined, 404, /Could not recognize Fernet token/],
      [{ methods: ['magic'] }, undefined, 401, /unsupported method/],
      [undefined, undefined, 400, /Expecting to find identity in auth/],
    ]
    for (const [identity, scope, status, message] of cases) {
      const answer = await login(identity, scope)
      assert.equal(answer.status, status, answer.text)
      assert.match((answer.body as { error: { message: string } }).error.message, message)
    }
  })

  it('gives a token for the default project without a scope, and an unscoped one on request', async () => {
    const scoped = (await login(passwordOf('alice'))).body as { token: { project: { name: string } } }
    assert.equal(scoped.token.project.name, 'shop')
    const unscoped = (await login(passwordOf('alice'), 'unscoped')).body as { token: object }
    assert.deepEqual(Object.keys(unscoped.token).sort(), ['audit_ids', 'expires_at', 'issued_at', 'methods', 'user'])
  })

  it('lists every region and interface in the catalog', async () => {
    const { token } = (await login(credential())).body as {
      token: { catalog: { type: string; endpoints: { region: string; interface: string; url: string }[] }[] }
    }
    const network = token.catalog.find((service) => service.type === 'network')
    assert.deepEqual(
      network?.endpoints.map((endpoint) => `${endpoint.region} ${endpoint.interface}`),
      [
        'RegionOne internal',
        'RegionOne public',
        'RegionOne admin',
        'RegionTwo internal',
        'RegionTwo public',
        'RegionTwo admin',
      ],
    )
    assert.equal(network?.endpoints[0]?.url, cloud.urls.neutron)
  })

  describe('validating a token', () => {
    const validate = (own: string, subject: string, query = '') =>
      ask('GET', `${cloud.urls.keystone}/auth/tokens${query}`, {
        headers: { 'x-auth-token': own, 'x-subject-token': subject },
      })

    it('answers as recorded, with and without the catalog', async () => {
      const [admin, alice] = [await tokenOf(cloud, 'admin'), await tokenOf(cloud, 'alice')]
      for (const [query, name] of [
        ['', 'keystone-token-validate'],
        ['?nocatalog', 'keystone-token-validate-nocatalog'],
      ] as const) {
        const recorded = recordedExchange(name)
        const answer = await validate(admin, alice, query)
        assert.equal(answer.status, recorded.status)
        sameShape(answer.body, recorded.body)
        sameHeaders(answer.headers, recorded.headers)
      }
    })

    it('lets a user validate the own tokens, but nobody else’s', async () => {
      const [alice, bob] = [await tokenOf(cloud, 'alice'), await tokenOf(cloud, 'bob')]
      assert.equal((await validate(alice, alice)).status, 200)
      assert.equal((await validate(alice, await tokenOf(cloud, 'alice'))).status, 200)
      assert.equal((await validate(alice, bob)).status, 403)
    })

    it('answers 404 for a revoked token as recorded, and 401 when the own token is bad', async () => {
      const [admin, alice] = [await tokenOf(cloud, 'admin'), await tokenOf(cloud, 'alice')]
      const revoked = await ask('DELETE', `${cloud.urls.keystone}/auth/tokens`, {
        headers: { 'x-auth-token': admin, 'x-subject-token': alice },
      })
      assert.equal(revoked.status, 204)
      const recorded = recordedExchange('keystone-token-validate-revoked')
      const answer = await validate(admin, alice)
      assert.equal(answer.status, 404)
      assert.deepEqual(answer.body, recorded.body)
      assert.equal((await validate('gAAAAbad', admin)).status, 401)
    })
  })

  it('ends tokens by its clock', async () => {
    cloud.identity.tokenLifetimeSeconds = 90
    const token = await tokenOf(cloud, 'alice')
    const projects = () => ask('GET', `${cloud.urls.keystone}/auth/projects`, { headers: { 'x-auth-token': token } })
    assert.equal((await projects()).status, 200)
    cloud.clock.advance(89_000)
    assert.equal((await projects()).status, 200)
    cloud.clock.advance(2_000)
    assert.equal((await projects()).status, 401)
  })

  it('does not prolong a token by rescoping it', async () => {
    const first = await login(passwordOf('alice'))
    cloud.clock.advance(600_000)
    const id = first.headers.get('x-subject-token')
    const second = await login({ methods: ['token'], token: { id } }, { project: { id: demoProjects.shop.id } })
    const expiry = (answer: typeof first) => (answer.body as { token: { expires_at: string } }).token.expires_at
    assert.equal(second.status, 201)
    assert.equal(expiry(second), expiry(first))
  })

  it('makes an application credential as recorded, and ends its tokens when it is deleted', async () => {
    const recorded = recordedExchange('keystone-application-credential-create')
    const url = `${cloud.urls.keystone}/users/${demoUsers.alice.id}/application_credentials`
    const headers = { 'x-auth-token': await tokenOf(cloud, 'alice') }
    const made = await ask('POST', url, {
      headers,
      body: { application_credential: { name: 'mine', description: 'lab' } },
    })
    assert.equal(made.status, 201)
    sameShape(made.body, recorded.body)
    const { id, secret } = (made.body as { application_credential: { id: string; secret: string } })
      .application_credential
    const token = (await login(credential(secret, id))).headers.get('x-subject-token') ?? ''
    assert.ok(cloud.identity.find(token))
    assert.equal((await ask('DELETE', `${url}/${id}`, { headers })).status, 204)
    assert.equal(cloud.identity.find(token), undefined)
    assert.equal((await login(credential(secret, id))).status, 404)
  })

  it('shows all projects and users to administrators only', async () => {
    const [admin, alice] = [await tokenOf(cloud, 'admin'), await tokenOf(cloud, 'alice')]
    const get = (path: string, token: string) =>
      ask('GET', cloud.urls.keystone + path, { headers: { 'x-auth-token': token } })
    const { projects } = (await get('/projects', admin)).body as { projects: { name: string }[] }
    assert.deepEqual(
      projects.map((project) => project.name),
      ['shop', 'archive', 'admin', 'depot', 'cloud-admin', 'service'],
    )
    assert.equal((await get('/projects', alice)).status, 403)
    assert.equal((await get('/users', alice)).status, 403)
    const own = (await get('/auth/projects', alice)).body as { projects: { name: string }[] }
    assert.deepEqual(
      own.projects.map((project) => project.name),
      ['shop'],
    )
  })
})
