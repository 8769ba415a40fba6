import { isAbsolute, join } from 'node:path'
import { type SigningKey, signerOf } from '../../src/audit/chain/signing'
import type { OpenSearchCredentials } from '../../src/audit/opensearch/options'
import { checkPolicy, type RetentionPolicy } from '../../src/audit/retention/policy'
import { TENANT_RULES, type TenantRule } from '../../src/audit/tenants/rules'
import type { CheckpointRule } from '../../src/audit/trail/checkpoints'
import { OperatorError } from '../../src/errors/operator-error'
import { SettingsReader } from '../../src/settings/settings-reader'

export interface StoreSecrets {
  username?: string
  password?: string
  apiKey?: string
  signingKey?: string
}

export interface CommonSettings {
  /** Operator's name of the cloud of events that do not say it themselves. */
  readonly cloud: string
  readonly retention: RetentionPolicy
  /** Whether events of a tenant are recorded that has no setting of its own. */
  readonly recordByDefault: boolean
  readonly tenantRules: readonly TenantRule[]
  readonly checkpoints: CheckpointRule
  readonly fullText: boolean
  readonly key: SigningKey | undefined
}

export type StoreSettings = CommonSettings &
  (
    | { readonly engine: 'sqlite'; readonly path: string }
    | {
        readonly engine: 'opensearch'
        readonly url: string
        readonly indexPrefix: string
        /** Pattern of existing indices of Hermes; empty: none. */
        readonly hermesIndices: string
        readonly credentials: OpenSearchCredentials
      }
  )

export const DEFAULT_FILE = 'openstack-audit.sqlite'
const GIGABYTE = 1024 ** 3
const LONGEST_DAYS = 36_500

/**
 * @param userDir what a relative file is relative to
 * @throws OperatorError `AUDIT_STORE_CONFIG` naming the setting, `AUDIT_KEY`
 */
export function readStoreSettings(
  config: { readonly [setting: string]: unknown },
  secrets: StoreSecrets,
  userDir: string | undefined,
): StoreSettings {
  const read = new SettingsReader(config, 'AUDIT_STORE_CONFIG')
  const engine = config['engine'] ?? 'sqlite'
  const cloud = text(config['cloud'])
  if (cloud === '') throw read.wrong('cloud', 'give your name of the cloud')
  const days = read.number('retentionDays', 0, 0, LONGEST_DAYS)
  const gigabytes = read.number('retentionGigabytes', 0, 0, 1_000_000)
  const common: CommonSettings = {
    cloud,
    retention: checkPolicy({
      ...(days === 0 ? {} : { days }),
      ...(gigabytes === 0 ? {} : { bytes: Math.round(gigabytes * GIGABYTE) }),
    }),
    recordByDefault: read.yes('recordByDefault', true),
    tenantRules: rulesOf(config['tenantRules'], read),
    checkpoints: {
      minutes: read.number('checkpointMinutes', 60, 0, 24 * 60),
      events: read.whole('checkpointEvents', 10_000, 0, 1_000_000_000),
    },
    fullText: read.yes('fullText', true),
    key: keyOf(config['signing'], secrets.signingKey, read),
  }
  if (engine === 'sqlite') {
    return { ...common, engine, path: pathOf(text(config['file']), userDir) }
  }
  if (engine !== 'opensearch') throw read.wrong('engine', 'it must be sqlite or opensearch')
  const url = text(config['url'])
  if (!/^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/i.test(url)) {
    throw read.wrong('url', 'it must be an address such as https://search.example:9200, without user and password')
  }
  const indexPrefix = text(config['indexPrefix']) || 'openstack-audit'
  // What the engine allows in the name of an index, and no pattern.
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(indexPrefix)) {
    throw read.wrong('indexPrefix', 'it must be lower-case letters, digits, dots, dashes and underscores')
  }
  const { username, password, apiKey } = secrets
  const credentials = apiKey ? { apiKey } : username ? { username, password: password ?? '' } : {}
  return { ...common, engine, url, indexPrefix, hermesIndices: text(config['hermesIndices']), credentials }
}

function rulesOf(value: unknown, read: SettingsReader): readonly TenantRule[] {
  if (value === undefined || value === null || value === '') return TENANT_RULES
  const chosen = Array.isArray(value) ? TENANT_RULES.filter((rule) => value.includes(rule)) : []
  if (!Array.isArray(value) || chosen.length !== value.length) {
    throw read.wrong('tenantRules', `it must be a list of ${TENANT_RULES.join(', ')}`)
  }
  return chosen
}

function pathOf(file: string, userDir: string | undefined): string {
  const name = file === '' ? DEFAULT_FILE : file
  if (isAbsolute(name)) return name
  if (userDir === undefined) {
    throw new OperatorError('AUDIT_STORE_CONFIG', 'Node-RED has no user directory.', {
      remedy: 'Give the absolute path of the file.',
    })
  }
  return join(userDir, name)
}

function keyOf(kind: unknown, stored: string | undefined, read: SettingsReader): SigningKey | undefined {
  if (kind === undefined || kind === null || kind === '' || kind === 'none') return undefined
  const typed = text(stored)
  if (kind !== 'hmac' && kind !== 'ed25519') throw read.wrong('signing', 'it must be none, hmac or ed25519')
  if (typed === '') throw read.wrong('signing', 'the key is missing')
  const key: SigningKey = kind === 'hmac' ? { kind, secret: typed } : { kind, privateKey: pem(typed) }
  signerOf(key)
  return key
}

/** A field of one line takes the line breaks out of a PEM. */
function pem(typed: string): string {
  const [, label, body] = /-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END \1-----/.exec(typed) ?? []
  if (label === undefined || body === undefined) return typed
  const lines = body.replace(/\\n|\s/g, '').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}
