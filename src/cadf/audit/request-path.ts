import { type PathVocabulary, singular } from './collections'

/** The resource that a request path names. */
export interface NamedResource {
  /** CADF type of the resource, in the singular also where the path names a whole collection. */
  readonly typeURI: string
  /** Undefined where the path names a collection: a list, or a creation. */
  readonly id: string | undefined
  /** The resource under which it stands. */
  readonly parent: NamedResource | undefined
  /** The project that leads the paths of some APIs (Cinder, Heat, Manila, old Nova). */
  readonly projectId: string | undefined
  /** What stands behind the resource: `action`, `add_addresses`, `states/power`; undefined if nothing does. */
  readonly aspect: string | undefined
  /** Last segment of the path, and whether it is a collection that is known. */
  readonly end: string
  readonly knownCollection: boolean
}

/** No API nests deeper; what is longer is cut, so that a path made up to be long costs nothing. */
const MOST_SEGMENTS = 24
const LONGEST_PATH = 4096

const VERSION = /^v\d+(\.\d+)?$/
const ID =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64}|\d{1,20}|AUTH_\w+)$/i
const TYPE_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** Stand for the whole collection: `/servers/detail`. */
const WHOLE = new Set(['detail', 'details', 'summary', 'statistics'])
/** Say what of a resource, or what to do with it, and are no collection of their own although they may look like one. */
const ASPECTS = new Set([
  'action',
  'actions',
  'states',
  'status',
  'stats',
  'statistics',
  'diagnostics',
  'encryption',
  'management',
  'tasks',
  'os-reset_status',
  'defaults',
  'add_addresses',
  'remove_addresses',
  'add_extraroutes',
  'remove_extraroutes',
  'l3-agents',
  'dhcp-networks',
  'dhcp-agents',
  'l3-routers',
])

/**
 * What a request path names, as the service's API is built: collections and ids by turns below a version, with the service's own
 * vocabulary for what does not look so. Undefined for a path that names nothing, such as `/` or `/v2.0`.
 */
export function resourceOfPath(path: string, words: PathVocabulary): NamedResource | undefined {
  const segments = segmentsOf(path)
  let at = afterVersion(segments)
  let projectId: string | undefined
  if (at > 0 && ID.test(segments[at] ?? '')) projectId = segments[at++]

  let found: { -readonly [K in keyof NamedResource]: NamedResource[K] } | undefined
  let collection = ''
  for (; at < segments.length; at++) {
    const segment = segments[at] as string
    const last = at === segments.length - 1
    if (words.groupings.has(segment)) {
      // /users/<id>/credentials/OS-EC2/<id>
      if (found !== undefined && found.id === undefined) found.id = segments[++at]
      continue
    }
    const below = found === undefined ? undefined : words.collections.get(`${collection}/${segment}`)
    const known = below ?? words.collections.get(segment)
    if (found !== undefined && segment === 'tags') {
      // A tag has no id of its own; Neutron's notifications name the resource that was tagged, too.
      found.typeURI = `${found.typeURI}/tag`
      found.aspect = segments.slice(at + 1).join('/') || undefined
      break
    }
    if (found !== undefined && found.id !== undefined && known === undefined && ID.test(segment)) {
      // Heat: /stacks/<name>/<id>
      found.id = segment
      continue
    }
    if (found !== undefined && (ASPECTS.has(segment) || (known === undefined && last && !segment.endsWith('s')))) {
      found.aspect = segments.slice(at).join('/')
      break
    }
    const typeURI = known ?? typeOf(found, segment, words)
    if (typeURI === undefined) break
    const next = segments[at + 1]
    const whole = next !== undefined && WHOLE.has(next)
    found = {
      typeURI,
      id: next === undefined || whole || words.groupings.has(next) || ASPECTS.has(next) ? undefined : next,
      parent: found,
      projectId,
      aspect: undefined,
      end: segments.at(-1) as string,
      knownCollection: known !== undefined && last,
    }
    if (found.id !== undefined || whole) at++
    collection = segment
  }
  return found
}

function typeOf(parent: NamedResource | undefined, segment: string, words: PathVocabulary): string | undefined {
  if (!TYPE_SEGMENT.test(segment)) return undefined
  const above = parent?.typeURI ?? words.root
  return above.length > 160 ? undefined : `${above}/${singular(segment)}`
}

/** 0 for a path without a version. A prefix as in `/identity/v3/users` may lead. */
function afterVersion(segments: readonly string[]): number {
  for (let at = 0; at < segments.length && at < 4; at++) {
    const segment = segments[at] as string
    if (segment.charCodeAt(0) === LETTER_V && VERSION.test(segment)) return at + 1
  }
  return 0
}
const LETTER_V = 118

/** The segments of a path without its query, decoded; in one pass, as every audited call has a path. */
function segmentsOf(path: string): string[] {
  const segments: string[] = []
  const end = endOf(path)
  let start = 0
  let pieces = 0
  for (let at = 0; at <= end && pieces < MOST_SEGMENTS; at++) {
    if (at < end && path.charCodeAt(at) !== SLASH) continue
    pieces += 1
    if (at > start) {
      const segment = path.slice(start, at)
      segments.push(segment.includes('%') ? decoded(segment) : segment)
    }
    start = at + 1
  }
  return segments
}

const SLASH = 47
const QUESTION_MARK = 63
const NUMBER_SIGN = 35

/** Where the path ends: before the query, and before the form that old clients ask for. */
function endOf(path: string): number {
  const longest = Math.min(path.length, LONGEST_PATH)
  let end = 0
  while (end < longest) {
    const code = path.charCodeAt(end)
    if (code === QUESTION_MARK || code === NUMBER_SIGN) break
    end += 1
  }
  return path.startsWith('.json', end - 5) ? end - 5 : end
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
