import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditRecord } from '../../src/audit/model'
import { recordOf } from '../../src/audit/record/record-of'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import type { AuditTrail, Occurrence } from '../../src/audit/trail'
import { openTrail, type TrailOptions } from '../../src/audit/trail/open'
import type { CadfEvent } from '../../src/cadf/event'
import { type HermesApi, hermesApi } from '../../src/hermes/api'
import type { HermesOptions } from '../../src/hermes/model'
import { defaultRules } from '../../src/hermes/policy/defaults'
import { compilePolicy } from '../../src/hermes/policy/policy'
import { undiciClient } from '../../src/http/undici-client'
import { type KeystoneSession, keystoneSession } from '../../src/openstack/session'
import { tokenChecker } from '../../src/openstack/token-check'
import { systemTimers } from '../../src/time/timers'
import { type LocalServer, serve } from './http-server'

/** What Keystone says of a token, beside user and times. */
export interface KeystoneToken {
  readonly project?: { readonly id: string; readonly name: string; readonly domain: { id: string; name: string } }
  readonly domain?: { readonly id: string; readonly name: string }
  readonly system?: { readonly all: boolean }
  readonly roles: readonly { readonly id: string; readonly name: string }[]
  /** ms from now; an hour if not given */
  readonly lifeMs?: number
}

const DEFAULT = { id: 'default', name: 'Default' }
const VIEWER = [{ id: 'r1', name: 'audit_viewer' }]
const ADMIN = [...VIEWER, { id: 'r2', name: 'audit_admin' }]

const projectToken = (id: string, roles: KeystoneToken['roles']): KeystoneToken => ({
  project: { id, name: `name of ${id}`, domain: DEFAULT },
  roles,
})

/** Tokens by their text. */
export const TOKENS: Readonly<Record<string, KeystoneToken>> = {
  'viewer-of-p1': projectToken('p1', VIEWER),
  'viewer-of-p2': projectToken('p2', VIEWER),
  'admin-of-p1': projectToken('p1', ADMIN),
  'member-of-p1': projectToken('p1', [{ id: 'r9', name: 'member' }]),
  'viewer-of-d1': { domain: { id: 'd1', name: 'Shop' }, roles: VIEWER },
  'viewer-of-default': { domain: DEFAULT, roles: VIEWER },
  'cloud-viewer': { project: { id: 'ops', name: 'cloud_admin', domain: DEFAULT }, roles: [] },
  'cloud-admin': { project: { id: 'ops', name: 'cloud_admin', domain: DEFAULT }, roles: ADMIN },
  unscoped: { roles: [] },
  system: { system: { all: true }, roles: ADMIN },
  expired: { ...projectToken('p1', VIEWER), lifeMs: -1000 },
}

export interface FakeKeystone {
  /** Answers every check so; undefined: as the tokens are. */
  broken: number | 'dropped' | undefined
  readonly revoked: Set<string>
  readonly asked: string[]
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Throws for what is no JSON. */
  json(): never
}

export interface AuditApi {
  readonly url: string
  readonly api: HermesApi
  readonly trail: AuditTrail
  readonly store: AuditStore
  readonly keystone: FakeKeystone
  readonly troubles: string[]
  ask(path: string, token?: string, init?: RequestInit): Promise<Answered>
  /** Of a list: ids of its events. */
  ids(path: string, token?: string): Promise<string[]>
  keep(...events: (Partial<CadfEvent> | Occurrence)[]): Promise<void>
  /** As another writer may have left it: whatever it is. */
  insert(body: unknown, more?: Partial<AuditRecord>): Promise<void>
  close(): Promise<void>
}

export const CLOUD = 'one'

/** An event of project p1 at a whole second; parts of it as given. */
export function apiEvent(parts: Partial<CadfEvent> = {}): CadfEvent {
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: '7f1a2b3c-0000-4000-8000-000000000001',
    eventType: 'activity',
    eventTime: '2026-11-21T06:00:00+00:00',
    action: 'create/project',
    outcome: 'success',
    initiator: { id: 'u1', typeURI: 'service/security/account/user', name: 'ada', project_id: 'p1' },
    target: { id: 't1', typeURI: 'data/security/role' },
    observer: { id: 'o1', typeURI: 'service/security', name: 'keystone' },
    ...parts,
  }
}

/** A trail on SQLite, behind the API, behind a real HTTP server, in front of something that answers as Keystone does. */
export async function startAuditApi(
  options: Partial<HermesOptions> = {},
  ofTrail: Partial<TrailOptions> = {},
): Promise<AuditApi> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-api-'))
  const store = await openSqliteStore({ path: join(folder, 'trail.sqlite'), fullText: true })
  let number = 0
  const trail = await openTrail({
    store,
    cloud: CLOUD,
    timers: systemTimers,
    random: () => 0.5,
    uuid: () => `00000000-0000-4000-8000-${String(++number).padStart(12, '0')}`,
    ...ofTrail,
  })
  const keystone: FakeKeystone = { broken: undefined, revoked: new Set(), asked: [] }
  const keystoneServer = await serveKeystone(keystone)
  const session = sessionAt(keystoneServer.url)
  const troubles: string[] = []
  const api = hermesApi({
    trail,
    tokens: tokenChecker({ session, by: 'itself' }),
    policy: compilePolicy(defaultRules({ name: 'cloud_admin', domain: 'Default' })),
    cloud: CLOUD,
    shape: 'flat',
    metrics: false,
    onTrouble: (text) => troubles.push(text),
    ...options,
  })
  const server = await serve((request, response) =>
    api.handle(request, response, { base: '', target: request.url ?? '/' }),
  )
  const ask: AuditApi['ask'] = async (path, token, init = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: {
        ...(token === undefined ? {} : { 'x-auth-token': token }),
        ...(init.headers as Record<string, string>),
      },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as never }
  }
  return {
    url: server.url,
    api,
    trail,
    store,
    keystone,
    troubles,
    ask,
    async ids(path, token = 'viewer-of-p1') {
      const answer = await ask(path, token)
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
      return (answer.json() as { events: { id: string }[] }).events.map(({ id }) => id)
    },
    async keep(...events) {
      const occurrences = events.map((each) =>
        'event' in each ? (each as Occurrence) : { event: apiEvent(each as Partial<CadfEvent>) },
      )
      await trail.keep(occurrences)
    },
    async insert(body, more = {}) {
      const record = recordOf({ event: apiEvent({ id: `odd-${++number}` }) }, { cloud: CLOUD, now: Date.now() })
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      await store.insert([{ ...record, body: text, ...more }])
    },
    async close() {
      await server.close()
      await api.close(0)
      await keystoneServer.close()
      await session.close()
      await trail.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function sessionAt(url: string): KeystoneSession {
  return keystoneSession({
    authUrl: `${url}/v3`,
    auth: { method: 'application_credential', credential: { id: 'c' }, secret: 'secret' },
    interface: 'public',
    region: '',
    http: undiciClient({}),
  })
}

function serveKeystone(keystone: FakeKeystone): Promise<LocalServer> {
  return serve((request, response) => {
    const token = String(request.headers['x-subject-token'] ?? '')
    keystone.asked.push(token)
    if (keystone.broken === 'dropped') {
      request.socket.destroy()
      return
    }
    if (keystone.broken !== undefined) {
      response.writeHead(keystone.broken, { 'retry-after': '3' }).end('{}')
      return
    }
    const known = Object.hasOwn(TOKENS, token) && !keystone.revoked.has(token) ? TOKENS[token] : undefined
    if (known === undefined) {
      response.writeHead(404).end('{}')
      return
    }
    const { lifeMs = 3_600_000, ...rest } = known
    const expires_at = new Date(Date.now() + lifeMs).toISOString()
    const user = { id: `id of ${token}`, name: token, domain: DEFAULT }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ token: { methods: ['password'], user, expires_at, ...rest } }))
  })
}
