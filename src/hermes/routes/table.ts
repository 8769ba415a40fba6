import type { KnownRoute, OpenRoute } from '../model'
import { attributes } from './attributes'
import { changeSettings, showSettings } from './audit-settings'
import { counts } from './counts'
import { docs, openApi } from './documents'
import { download } from './download'
import { exportEvents } from './export'
import { feed } from './feed'
import { health } from './health'
import { histogram } from './histogram'
import { integrity, verify } from './integrity'
import { list } from './list'
import { show } from './show'
import { showMetrics } from './show-metrics'
import { version1, versions } from './versions'

interface RouteBase {
  /** Below the base; `{name}` stands for one segment. The first that fits is taken. */
  readonly path: string
  /** Name of the label `handler` in the metrics; Hermes' own where it has the route. */
  readonly handler: string
}

/** Needs no token. */
export interface OpenEntry extends RouteBase {
  readonly open: OpenRoute
}

export interface KnownEntry extends RouteBase {
  readonly get: KnownRoute
  /** Of the policy. */
  readonly rule: string
  /** What changes or begins something. */
  readonly write?: { readonly method: 'PUT' | 'POST'; readonly route: KnownRoute; readonly rule: string }
  /** Taken from the caller's bucket; 1 is one event or a page. */
  readonly cost: number
}

export type Entry = OpenEntry | KnownEntry

export const ROUTES: readonly Entry[] = [
  { path: '/', handler: 'version', open: versions },
  { path: '/v1', handler: 'version', open: version1 },
  { path: '/v1/events', handler: 'ListEvents', get: list, rule: 'event:list', cost: 1 },
  // Before the one for ids: these words are none.
  { path: '/v1/events/download', handler: 'DownloadEvents', get: download, rule: 'event:list', cost: 10 },
  { path: '/v1/events/export', handler: 'ExportEvents', get: exportEvents, rule: 'event:export', cost: 10 },
  { path: '/v1/events/feed', handler: 'FeedEvents', get: feed, rule: 'event:list', cost: 1 },
  { path: '/v1/events/{event_id}', handler: 'GetEventDetails', get: show, rule: 'event:show', cost: 1 },
  { path: '/v1/attributes/{attribute_name}', handler: 'GetAttributes', get: attributes, rule: 'event:list', cost: 2 },
  { path: '/v1/counts/{attribute_name}', handler: 'GetCounts', get: counts, rule: 'event:list', cost: 2 },
  { path: '/v1/histogram', handler: 'GetHistogram', get: histogram, rule: 'event:list', cost: 2 },
  {
    path: '/v1/audit',
    handler: 'AuditSettings',
    get: showSettings,
    rule: 'audit:show',
    write: { method: 'PUT', route: changeSettings, rule: 'audit:update' },
    cost: 1,
  },
  {
    path: '/v1/integrity',
    handler: 'Integrity',
    get: integrity,
    rule: 'trail:verify',
    write: { method: 'POST', route: verify, rule: 'trail:verify' },
    cost: 2,
  },
  { path: '/v1/health', handler: 'health', open: health },
  { path: '/v1/openapi.json', handler: 'openapi', open: openApi },
  { path: '/v1/docs', handler: 'docs', open: docs },
  // Only where the operator wants it.
  { path: '/metrics', handler: 'metrics', open: showMetrics },
]

export interface Found {
  readonly entry: Entry
  /** As sent, not decoded. */
  readonly members: Readonly<Record<string, string>>
}

const SPLIT = ROUTES.map((entry) => ({ entry, segments: segmentsOf(entry.path) }))

/** A slash at the end makes no difference. */
export function findRoute(path: string): Found | undefined {
  const asked = segmentsOf(path)
  for (const { entry, segments } of SPLIT) {
    if (segments.length !== asked.length) continue
    const members: Record<string, string> = {}
    const fits = segments.every((segment, index) => {
      const given = asked[index] ?? ''
      if (!segment.startsWith('{')) return segment === given
      members[segment.slice(1, -1)] = given
      return given !== ''
    })
    if (fits) return { entry, members }
  }
  return undefined
}

function segmentsOf(path: string): string[] {
  return path.replace(/\/$/, '').split('/').slice(1)
}
