import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { labClock } from '../../lab/clock'
import { type FillInOptions, fillInExample } from '../../lab/examples/fill-in'
import { SyslogReceiver } from '../../lab/syslog/receiver'
import type { CadfEvent } from '../../src/cadf/event'
import { cadfViolations } from '../../src/cadf/validate'
import type { Correlated } from '../../src/correlate/model'
import { readExample } from '../support/example'
import { type LocalServer, serve } from '../support/http-server'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { boundTo } from './bound'
import { logIn } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'
import { type Tenancy, tenancy } from './tenancy'

const FOLDER = 'examples/audit-routing'

/** Examples of audit routing, imported into one real Node-RED, at the real broker and the real log file of Octavia's API. */
describe('The examples of audit routing at a real OpenStack', function () {
  this.timeout(60_000)
  let cloud: RealOpenStack
  let customer: Tenancy
  let syslog: SyslogReceiver
  let hook: LocalServer
  let red: NodeRed
  const posted: { text: string }[] = []

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud } = await sharedOpenStack())
    customer = await tenancy(cloud, ['load-balancer_member'])
    const ports = { udp: 0, tcp: 0, tls: 0 }
    syslog = await SyslogReceiver.listen({ clock: labClock(), ports, certificate: undefined })
    hook = await serve(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      posted.push(JSON.parse(Buffer.concat(chunks).toString()) as (typeof posted)[number])
      response.writeHead(200).end()
    })
    const urls = { ...cloud.urls, nova: '', cinder: '', qualys: '', control: '' }
    const around = { urls, qualys: { subscription: { username: '', password: '' } }, syslog }
    const fill = (name: string, options: Omit<FillInOptions, 'cloud'>) =>
      fillInExample(readExample(`${FOLDER}/${name}.json`), { cloud: around, ...options })
    const rabbitmq = cloud.broker.transportUrl()
    const filled = [
      fill('03 - Load balancer API audit from a log file', { logFile: cloud.logs.octaviaApi }),
      fill('06 - Who changed the network, and from where', { rabbitmq, windowSeconds: 20 }),
      fill('07 - Burst of failed logins to a web hook', { rabbitmq, webHook: hook.url }),
    ]
    red = await startNodeRed({
      flows: filled.flatMap(({ flows }) => flows),
      credentials: Object.assign({}, ...filled.map(({ credentials }) => credentials)),
    })
    for (const queue of ['openstack-events.correlate', 'openstack-events.bursts']) await boundTo(cloud, queue, said)
  })
  after(async () => {
    await red?.remove()
    await syslog?.close()
    await hook?.close()
  })

  const said = () => `Node-RED says: ${red.log().slice(-1500)}`
  type Line = CadfEvent & { readonly correlated?: Correlated }
  const lines = () => syslog.lines.map(({ message }) => JSON.parse(message?.text ?? '{}') as Line)
  const line = (what: string, fits: (event: Line) => boolean) =>
    waitFor(
      () => `${what} among ${lines().length} lines; ${said()}`,
      () => lines().find(fits),
      { timeoutMs: 30_000 },
    )

  it('06 joins a change of Neutron’s with the API call behind it: who, from where, what, and how long it took', async () => {
    const group = await customer.create('security-groups', 'security_group', { name: 'web' })
    const event = await line('the group', ({ target, action }) => target.id === group.id && action === 'create')
    assert.deepEqual(cadfViolations(event), [])
    assert.equal(event.outcome, 'success')
    assert.equal(event.initiator.username, customer.userName)
    assert.equal(event.initiator.host?.address, '127.0.0.1')
    assert.equal(event.requestPath, '/v2.0/security-groups')
    assert.equal(event.reason?.reasonCode, '201')
    assert.ok((event.correlated?.durationMs ?? 0) > 0)
    assert.equal(event.correlated?.missing, undefined)
    const joined = event.correlated?.with.map(({ topic }) => topic).sort()
    assert.deepEqual(joined, ['audit.http.request', 'audit.http.response', 'security_group.create.start'])
  })

  it('06 tells of a change that Neutron refused', async () => {
    const missing = '00000000-0000-4000-8000-000000000000'
    const url = `${cloud.urls.neutron}/v2.0/security-groups/${missing}`
    assert.equal((await customer.person.attempt('DELETE', url)).status, 404)
    const event = await line('the refusal', ({ target, outcome }) => target.id === missing && outcome === 'failure')
    assert.equal(event.action, 'delete')
    assert.equal(event.reason?.reasonCode, '404')
    assert.equal(event.initiator.host?.address, '127.0.0.1')
  })

  it('03 tells of changes of load balancers from the API’s log file, and of no reads', async () => {
    const missing = '00000000-0000-4000-8000-000000000001'
    const url = `${cloud.urls.octavia}/v2/lbaas/loadbalancers/${missing}`
    assert.equal((await customer.person.attempt('GET', url)).status, 404)
    assert.equal((await customer.person.attempt('DELETE', url)).status, 404)
    const event = await line('the refusal', ({ target }) => target.id === missing)
    assert.deepEqual(cadfViolations(event), [])
    assert.equal(event.action, 'delete')
    assert.equal(event.target.typeURI, 'network/loadbalancer')
    assert.equal(event.outcome, 'failure')
    assert.equal(event.initiator.id, customer.person.userId)
    assert.ok(lines().every(({ action }) => !action.startsWith('read')))
  })

  it('07 posts to the web hook when a user’s password is guessed at', async () => {
    const { keystone } = cloud.urls
    const body = { user: { name: `victim-${randomBytes(4).toString('hex')}`, password: 'right' } }
    const { id } = await cloud.admin.ask('POST', `${keystone}/users`, body)
    for (let i = 0; i < 5; i++) await logIn({ keystone, user: { id }, password: 'wrong' })
    const post = await waitFor(
      () => `the burst to be posted; posted: ${JSON.stringify(posted)}; ${said()}`,
      () => posted.find(({ text }) => text.includes(id)),
      { timeoutMs: 30_000 },
    )
    assert.ok(post.text.startsWith(`5 failed logins for ${body.user.name} (${id}) from `), post.text)
  })
})
