import type { NodeDef } from 'node-red'
import { type ConditionRow, conditionOf } from '../../src/audit/asking/conditions'
import type { Asked } from '../../src/audit/asking/question'
import type { Span, Unit } from '../../src/audit/asking/span'
import { ATTRIBUTES, type Attribute } from '../../src/audit/attributes'
import { attributeNamed } from '../../src/audit/query/names'
import { parseSort } from '../../src/audit/query/sort'
import type { Pace } from '../../src/audit/replay/pace'
import type { OperatorError } from '../../src/errors/operator-error'
import { SettingsReader } from '../../src/settings/settings-reader'

export interface AuditQueryConfig extends NodeDef {
  readonly store?: string
  readonly [setting: string]: unknown
}

/** What the answer is, with the settings that only it has. */
export type Wanted =
  | { readonly kind: 'array'; readonly shape: 'events' | 'rows' }
  | { readonly kind: 'sequence'; readonly shape: 'events' | 'rows' }
  | { readonly kind: 'csv' }
  | { readonly kind: 'count' }
  | { readonly kind: 'distinct'; readonly attribute: Attribute; readonly order: 'value' | 'count' }
  | {
      readonly kind: 'histogram'
      /** µs; undefined: fitting the time. */
      readonly interval: number | undefined
      readonly by: Attribute | undefined
      readonly chart: 'ui-chart' | 'ui_chart' | 'buckets'
    }
  | { readonly kind: 'event'; readonly id: Typed }
  | { readonly kind: 'verify' }
  | { readonly kind: 'replay'; readonly pace: Pace; readonly window: number; readonly attempts: number }

export interface Typed {
  readonly value: string
  readonly type: string
}

export interface QuerySettings {
  readonly wanted: Wanted
  readonly asked: Asked
  /** Undefined: all. */
  readonly tenants: Typed | undefined
  /** Empty: of all clouds, or that of the store where tenants are named. */
  readonly cloud: string
}

const SECOND = 1_000_000
const INTERVALS: Readonly<Record<string, number | undefined>> = {
  auto: undefined,
  minute: 60 * SECOND,
  hour: 3600 * SECOND,
  day: 86_400 * SECOND,
  week: 7 * 86_400 * SECOND,
}
const UNITS: readonly Unit[] = ['minutes', 'hours', 'days', 'weeks']
const OPS: readonly ConditionRow['op'][] = ['is', 'is-not', 'begins', 'begins-not', 'known', 'not-known']
const MOST_ROWS = 100

/** @throws OperatorError `AUDIT_QUERY_CONFIG` and what the parts of a question say */
export function readQuerySettings(config: AuditQueryConfig): QuerySettings {
  const read = new SettingsReader(config, 'AUDIT_QUERY_CONFIG')
  const wanted = wantedOf(config, read)
  // Only what is sent one after the other may be without end.
  const endless = wanted.kind === 'sequence' || wanted.kind === 'replay' || wanted.kind === 'csv'
  const limit = read.whole('limit', 0, 0, Number.MAX_SAFE_INTEGER)
  const rows = rowsOf(config['rows'], read)
  for (const row of rows) conditionOf(row)
  const sort = text(config['sort'])
  parseSort(sort)
  const byTenant = choice(config['tenantsBy'], ['all', 'given'] as const, 'tenantsBy', read) === 'given'
  return {
    wanted,
    asked: {
      ...{ rows, span: spanOf(config, read), search: text(config['search']), sort },
      limit: limit > 0 ? limit : endless ? undefined : DEFAULT_LIMIT,
    },
    tenants: byTenant ? { value: text(config['tenants']), type: text(config['tenantsType']) || 'str' } : undefined,
    cloud: text(config['cloud']),
  }
}

const DEFAULT_LIMIT = 100

function wantedOf(config: AuditQueryConfig, read: SettingsReader): Wanted {
  const kinds = ['array', 'sequence', 'csv', 'count', 'distinct', 'histogram', 'event', 'verify', 'replay'] as const
  const kind = choice(config['what'], kinds, 'what', read)
  switch (kind) {
    case 'array':
    case 'sequence':
      return { kind, shape: choice(config['shape'], ['events', 'rows'] as const, 'shape', read) }
    case 'csv':
    case 'count':
    case 'verify':
      return { kind }
    case 'distinct':
      return {
        kind,
        attribute: attribute(config['attribute'], 'attribute', read) ?? 'action',
        order: choice(config['order'], ['count', 'value'] as const, 'order', read),
      }
    case 'histogram': {
      const interval = choice(config['interval'], ['auto', 'minute', 'hour', 'day', 'week'] as const, 'interval', read)
      return {
        ...{ kind, interval: INTERVALS[interval], by: attribute(config['by'], 'by', read) },
        chart: choice(config['chart'], ['ui-chart', 'ui_chart', 'buckets'] as const, 'chart', read),
      }
    }
    case 'event':
      return { kind, id: { value: text(config['eventId']) || 'payload', type: text(config['eventIdType']) || 'msg' } }
    case 'replay':
      return {
        ...{ kind, pace: paceOf(config, read), window: read.whole('window', 50, 1, 10_000) },
        attempts: read.whole('attempts', 5, 1, 100),
      }
  }
}

function paceOf(config: AuditQueryConfig, read: SettingsReader): Pace {
  const kind = choice(config['pace'], ['rate', 'original', 'free'] as const, 'pace', read)
  if (kind === 'rate') return { kind, perSecond: read.number('rate', 10, 0.001, 100_000) }
  if (kind === 'original') return { kind, times: read.number('times', 1, 0.001, 1_000_000) }
  return { kind }
}

function spanOf(config: AuditQueryConfig, read: SettingsReader): Span {
  const by = choice(config['span'], ['last', 'between', 'all'] as const, 'span', read)
  if (by === 'all') return { by }
  if (by === 'between') return { by, from: text(config['from']), to: text(config['to']) }
  return {
    ...{ by, count: read.number('lastCount', 24, 0, 1_000_000) },
    unit: choice(config['lastUnit'], ['hours', ...UNITS] as const, 'lastUnit', read),
  }
}

function rowsOf(value: unknown, read: SettingsReader): ConditionRow[] {
  if (value === undefined || value === null || value === '') return []
  if (!Array.isArray(value) || value.length > MOST_ROWS) throw read.wrong('rows', 'it must be a list of conditions')
  return value.map((row: unknown) => {
    const {
      attribute: name,
      op,
      value: values,
    } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>
    const known = OPS.find((one) => one === op)
    if (typeof name !== 'string' || known === undefined) throw read.wrong('rows', 'one of them is no condition')
    return { attribute: name, op: known, value: typeof values === 'string' ? values : '' }
  })
}

function attribute(value: unknown, setting: string, read: SettingsReader): Attribute | undefined {
  const name = text(value)
  if (name === '') return undefined
  const known = attributeNamed(name)
  if (known === undefined || !(ATTRIBUTES as readonly string[]).includes(known)) {
    throw read.wrong(setting, 'there is no such attribute')
  }
  return known as Attribute
}

function choice<T extends string>(
  value: unknown,
  choices: readonly [T, ...T[]],
  setting: string,
  read: SettingsReader,
): T {
  if (value === undefined || value === null || value === '') return choices[0]
  const found = choices.find((one) => one === value)
  if (found === undefined) throw read.wrong(setting, `it must be one of ${choices.join(', ')}`) as OperatorError
  return found
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
}
