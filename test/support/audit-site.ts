import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoApplicationCredential, demoUsers } from '../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditTrail } from '../../src/audit/trail'
import { openTrail } from '../../src/audit/trail/open'
import { hermesApi } from '../../src/hermes/api'
import { auditPage } from '../../src/hermes/page/page'
import { defaultRules } from '../../src/hermes/policy/defaults'
import { compilePolicy } from '../../src/hermes/policy/policy'
import type { RateLimit } from '../../src/hermes/rate-limit'
import { undiciClient } from '../../src/http/undici-client'
import type { KeystoneAuth } from '../../src/openstack/auth'
import { keystoneSession } from '../../src/openstack/session'
import { tokenChecker } from '../../src/openstack/token-check'
import { systemTimers } from '../../src/time/timers'
import { serve } from './http-server'

const auditor: KeystoneAuth = { method: 'password', user: { id: demoUsers.audit.id }, password: 'audit-pocket' }
/** May look up whoever there is. */
const operator: KeystoneAuth = {
  method: 'application_credential',
  credential: { id: demoApplicationCredential.id },
  secret: demoApplicationCredential.secret,
}

/** Keystone, a trail on disk, the API over it and the page: all of it real but for Keystone, which is the pocket cloud's. */
export interface AuditSite {
  /** Of the page. */
  readonly url: string
  readonly cloud: PocketCloud
  readonly trail: AuditTrail
  /** What the API and the page told the operator. */
  readonly told: readonly string[]
  close(): Promise<void>
}

export interface AuditSiteOptions {
  readonly rate?: RateLimit
  /** Names that events lack are looked up at Keystone. */
  readonly names?: boolean
}

export async function startAuditSite(options: AuditSiteOptions = {}): Promise<AuditSite> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-site-'))
  const cloud = await startPocketCloud({ certificate: false })
  const store = await openSqliteStore({
    path: join(folder, 'audit.sqlite'),
    fullText: true,
    key: { kind: 'hmac', secret: 'k'.repeat(32) },
  })
  const session = keystoneSession({
    authUrl: cloud.urls.keystone,
    auth: options.names === true ? operator : auditor,
    interface: 'public',
    region: '',
    http: undiciClient(),
  })
  const trail = await openTrail({
    store,
    cloud: 'pocket',
    ...(options.names === true && { keystone: session }),
    timers: systemTimers,
    random: Math.random,
    uuid: randomUUID,
  })
  const told: string[] = []
  const policy = compilePolicy(defaultRules({ name: 'cloud-admin', domain: 'Default' }))
  const api = hermesApi({
    trail,
    tokens: tokenChecker({ session, by: 'account', believedMs: 0 }),
    policy,
    cloud: 'pocket',
    shape: 'flat',
    rate: options.rate,
    metrics: false,
    page: auditPage({
      keystone: (request) => session.keystone(request),
      trustProxy: false,
      mayReadAll: (facts) => policy.allows('cluster_viewer', facts, {}),
      onFailure: (text) => told.push(text),
    }),
    onTrouble: (text) => told.push(text),
  })
  const server = await serve((request, response) => {
    const target = (request.url ?? '').replace(/^\/audit/, '')
    api.handle(request, response, { base: '/audit', target })
  })
  return {
    url: `${server.url}/audit/ui/`,
    cloud,
    trail,
    told,
    async close() {
      await server.close()
      await api.close(5_000)
      await trail.close()
      await session.close()
      await cloud.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
