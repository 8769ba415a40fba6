import { OperatorError } from '../../../errors/operator-error'
import { quote } from '../../../errors/redact'
import type { Attribute } from '../../attributes'
import type { Connection } from '../connection'
import { members } from '../failure'

/** Members of the flat CADF event as Hermes stores it. What is not here Hermes' documents do not tell. */
const PATHS: Readonly<Partial<Record<Attribute, string>>> = {
  observer_id: 'observer.id',
  observer_type: 'observer.typeURI',
  observer_name: 'observer.name',
  target_id: 'target.id',
  target_type: 'target.typeURI',
  target_name: 'target.name',
  target_project_id: 'target.project_id',
  target_domain_id: 'target.domain_id',
  initiator_id: 'initiator.id',
  initiator_type: 'initiator.typeURI',
  initiator_name: 'initiator.name',
  initiator_project_id: 'initiator.project_id',
  initiator_domain_id: 'initiator.domain_id',
  request_id: 'initiator.request_id',
  global_request_id: 'initiator.global_request_id',
  address: 'initiator.host.address',
  action: 'action',
  outcome: 'outcome',
  request_path: 'requestPath',
  reason_code: 'reason.reasonCode',
}

/** How the documents of Hermes' indices can be asked. */
export interface HermesLayout {
  /** Field of exact values; undefined where no index has one. */
  fieldOf(attribute: Attribute | 'id'): string | undefined
  /** Since 2026 one index names the tenants in each document; before, each tenant had indices of its own. */
  readonly tenantField: string | undefined
  indicesOf(tenant: string): readonly string[]
}

/** Strings have been mapped in three ways over the years: with a field `raw` or `keyword` beside the analysed text, or as keywords. */
const SUFFIXES = ['', '.raw', '.keyword'] as const
/** `audit-<tenant>`, `audit-<tenant>-YYYY.MM` or, in 2017, by day. */
const INDEX_NAME = /^audit-(.+?)(?:-\d{4}\.\d{2}(?:\.\d{2})?)?$/

export async function readLayout(connection: Connection, indices: string): Promise<HermesLayout> {
  const { body } = await connection.ask({
    method: 'GET',
    path: `/${encodeURIComponent(indices)}/_mapping?ignore_unavailable=true&allow_no_indices=true`,
    patienceMs: 5_000,
    timeoutMs: 30_000,
  })
  const byIndex = Object.entries(members(body)).map(([name, one]) => {
    const keywords = new Set<string>()
    collect(members(members(one)['mappings'])['properties'], '', keywords)
    return { name, keywords }
  })
  const suffixes = SUFFIXES.filter((suffix) => byIndex.every(({ keywords }) => keywords.has(`action${suffix}`)))
  const [suffix] = suffixes
  if (suffix === undefined) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `The indices ${quote(indices, 60)} are not all mapped alike.`, {
      remedy: "Name those of one time of Hermes' only, e.g. by a narrower pattern.",
    })
  }
  const tenantField = SUFFIXES.map((end) => `tenant_ids${end}`).find(
    (field) => byIndex.length > 0 && byIndex.every(({ keywords }) => keywords.has(field)),
  )
  return {
    tenantField,
    fieldOf: (attribute) => {
      const path = attribute === 'id' ? 'id' : PATHS[attribute]
      const field = `${path}${suffix}`
      return path !== undefined && byIndex.some(({ keywords }) => keywords.has(field)) ? field : undefined
    },
    indicesOf: (tenant) => byIndex.map(({ name }) => name).filter((name) => tenantOfIndex(name) === tenant),
  }
}

/** An index of a data stream is `.ds-<name>-…`, which is of no tenant. */
export function tenantOfIndex(name: string): string | undefined {
  return INDEX_NAME.exec(name)?.[1]
}

function collect(properties: unknown, path: string, keywords: Set<string>): void {
  for (const [name, value] of Object.entries(members(properties))) {
    const { type, fields, properties: inner } = members(value)
    const full = `${path}${name}`
    if (type === 'keyword') keywords.add(full)
    collect(inner, `${full}.`, keywords)
    collect(fields, `${full}.`, keywords)
  }
}
