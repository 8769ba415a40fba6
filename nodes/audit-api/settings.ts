import type { NodeDef } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { SHAPES, type Shape } from '../../src/hermes/model'
import { defaultRules } from '../../src/hermes/policy/defaults'
import { compilePolicy, type Policy } from '../../src/hermes/policy/policy'
import type { RateLimit } from '../../src/hermes/rate-limit'
import { SettingsReader } from '../../src/settings/settings-reader'

export interface AuditApiConfig extends NodeDef {
  readonly store?: string
  readonly account?: string
  readonly path?: string
  readonly validate?: 'itself' | 'account'
  readonly cloud?: string
  readonly adminProject?: string
  readonly adminDomain?: string
  readonly policy?: string
  readonly perSecond?: number | string
  readonly burst?: number | string
  readonly shape?: Shape
  readonly metrics?: boolean
  readonly page?: boolean
  readonly publicUrl?: string
  readonly trustProxy?: boolean
}

export interface AuditApiSettings {
  readonly path: string
  /** Whether a `/v1` at the end was taken off, which a person should know. */
  readonly stripped: boolean
  readonly by: 'itself' | 'account'
  readonly cloud: string
  readonly policy: Policy
  readonly rate: RateLimit | undefined
  readonly shape: Shape
  readonly metrics: boolean
  readonly page: boolean
  readonly publicUrl: string
  readonly trustProxy: boolean
}

const PER_SECOND = 20
const BURST = 200

/** @throws OperatorError `AUDIT_API_SETTING`, `POLICY_SYNTAX`, `POLICY_RULE` */
export function auditApiSettings(config: AuditApiConfig): AuditApiSettings {
  const read = new SettingsReader(config as unknown as { [setting: string]: unknown }, 'AUDIT_API_SETTING')
  const perSecond = read.number('perSecond', PER_SECOND, 0, 100_000)
  const shape = SHAPES.find((known) => known === (read.text('shape') || 'flat'))
  if (shape === undefined) throw read.wrong('shape', `it must be one of ${SHAPES.join(', ')}`)
  return {
    ...basePath(read),
    by: read.text('validate') === 'account' ? 'account' : 'itself',
    cloud: read.text('cloud').trim(),
    policy: compilePolicy(
      defaultRules({ name: read.text('adminProject'), domain: read.text('adminDomain') }),
      policyOf(read.text('policy')),
    ),
    rate: perSecond === 0 ? undefined : { perSecond, burst: read.number('burst', BURST, 1, 1_000_000) },
    shape,
    metrics: read.yes('metrics', false),
    page: read.yes('page', true),
    publicUrl: publicUrl(read),
    trustProxy: read.yes('trustProxy', false),
  }
}

/** `/audit`, however it is written; `/audit/v1` is a habit from catalogues, and the version is not part of it. */
export function withoutVersion(written: string): { readonly path: string; readonly stripped: boolean } {
  const path = `/${written.trim()}`.replace(/\/{2,}/g, '/').replace(/\/+$/, '')
  const bare = path.replace(/\/v1$/, '')
  return { path: bare, stripped: bare !== path }
}

function basePath(read: SettingsReader): { path: string; stripped: boolean } {
  const found = withoutVersion(read.text('path') || '/audit')
  if (/^(\/[A-Za-z0-9._~-]+)*$/.test(found.path) && !/\/\.{1,2}(\/|$)/.test(found.path)) return found
  throw read.wrong('path', 'it must be a path such as /audit, of letters, digits and -._~')
}

function publicUrl(read: SettingsReader): string {
  const text = read.text('publicUrl').trim()
  if (text === '') return ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const usable = url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === ''
  if (!usable || url.username !== '') throw read.wrong('publicUrl', 'it must be an http or https address')
  return `${url.origin}${withoutVersion(url.pathname).path}`
}

function policyOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new OperatorError('POLICY_SYNTAX', `The policy is no JSON: "${quote(text, 60)}".`, {
      remedy: 'Write {"rule": "expression", …}, or leave it empty for the defaults.',
    })
  }
}
