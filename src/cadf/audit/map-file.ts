import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { type PathVocabulary, singular } from './collections'
import { type ApiService, isAtOrBelow, KNOWN_SERVICES, type ServicePaths } from './service-paths'

/** An audit map file of keystonemiddleware's, as an operator writes it for a service. */
export interface AuditMap {
  /** By the end of the path, or the end and the method: `reboot`, `os-migrations/get`. */
  readonly customActions: ReadonlyMap<string, string>
  /** The singular by the collection; undefined (`None` in the file) for a word that is no collection. */
  readonly pathKeywords: ReadonlyMap<string, string | undefined>
  /** CADF type by the service's type in the catalog. */
  readonly serviceEndpoints: ReadonlyMap<string, string>
}

const SECTIONS = ['custom_actions', 'path_keywords', 'service_endpoints']
const MOST_LINES = 10_000
const TYPE = /^[A-Za-z0-9][\w.:~-]*(\/[\w.:~-]+)*$/

/**
 * Reads an audit map file (INI). Keys are lower-cased, as Python's reader does.
 * @throws OperatorError `AUDIT_MAP_LINE`, `AUDIT_MAP_VALUE`, `AUDIT_MAP_EMPTY`
 */
export function auditMap(text: string): AuditMap {
  const sections = new Map(SECTIONS.map((name) => [name, new Map<string, string>()]))
  let section: Map<string, string> | undefined
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (lines.length > MOST_LINES) throw problem('AUDIT_MAP_LINE', `The audit map has more than ${MOST_LINES} lines`)
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const header = /^\[([^\]]*)\]$/.exec(line)
    if (header !== null) {
      section = sections.get((header[1] ?? '').trim()) ?? new Map()
      continue
    }
    const cut = line.search(/[=:]/)
    if (cut <= 0 || section === undefined) {
      throw problem('AUDIT_MAP_LINE', `Line ${index + 1} of the audit map, "${quote(line, 60)}", is no "name = value"`)
    }
    section.set(line.slice(0, cut).trim().toLowerCase(), line.slice(cut + 1).trim())
  }
  const [customActions, keywords, serviceEndpoints] = SECTIONS.map((name) => sections.get(name) as Map<string, string>)
  if (customActions === undefined || keywords === undefined || serviceEndpoints === undefined)
    throw new Error('unreachable')
  if (customActions.size + keywords.size + serviceEndpoints.size === 0) {
    throw problem('AUDIT_MAP_EMPTY', `The audit map has nothing in the sections ${SECTIONS.join(', ')}`)
  }
  for (const map of [customActions, serviceEndpoints]) {
    for (const [name, value] of map) {
      if (!TYPE.test(value)) {
        throw problem('AUDIT_MAP_VALUE', `The audit map says "${quote(value, 60)}" for "${quote(name, 60)}"`)
      }
    }
  }
  const pathKeywords = new Map([...keywords].map(([name, value]) => [name, /^none$/i.test(value) ? undefined : value]))
  return { customActions, pathKeywords, serviceEndpoints }
}

function problem(code: string, sentence: string): OperatorError {
  return new OperatorError(code, `${sentence}.`, {
    remedy: 'Give the file that audit_map_file of the service names: sections in brackets, below them name = value.',
  })
}

/**
 * What is known of request paths, with an operator's map as well. Its services are added; its keywords are for collections that
 * nothing is known of, so that a resource keeps the type that its own notifications have; its actions come first.
 */
export function withAuditMap(map: AuditMap, known: ServicePaths = KNOWN_SERVICES): ServicePaths {
  const extended = new WeakMap<PathVocabulary, PathVocabulary>()
  const words = (of: PathVocabulary): PathVocabulary => {
    const before = extended.get(of)
    if (before !== undefined) return before
    const now = { ...of, collections: new Map([...collectionsOf(map, of.root), ...of.collections]) }
    extended.set(of, now)
    return now
  }
  // The longest first: service/storage/block before service/storage.
  const own = [...map.serviceEndpoints]
    .map(([name, typeURI]) => ({ name, typeURI, words: emptyWords(typeURI) }))
    .toSorted((a, b) => b.typeURI.length - a.typeURI.length)
  return {
    serviceOf: (notification, typeURI, name, requestPath) => {
      const found = known.serviceOf(notification, typeURI, name, requestPath)
      const byName = own.find((service) => service.name === name?.toLowerCase())
      const mine = own.find((service) => isAtOrBelow(typeURI, service.typeURI)) ?? byName
      const saysMore =
        mine === byName || found.words.collections.size === 0 || (mine?.typeURI.length ?? 0) > found.typeURI.length
      const preferred = mine !== undefined && mine.typeURI !== found.typeURI && saysMore
      const service: ApiService = preferred ? mine : found
      const concerned = own.length === 0 || own.some(({ typeURI: type }) => isAtOrBelow(service.typeURI, type))
      return concerned ? { ...service, words: words(service.words) } : service
    },
    customAction: (end, action) => {
      const name = end.toLowerCase()
      for (const method of METHODS[action.split('/', 1)[0] ?? ''] ?? []) {
        const custom = map.customActions.get(`${name}/${method}`)
        if (custom !== undefined) return custom
      }
      return map.customActions.get(name) ?? known.customAction(end, action)
    },
  }
}

/** Which methods the filter turns into an action; the events do not name the method. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'head'],
  create: ['post'],
  update: ['put', 'patch', 'post'],
  delete: ['delete'],
}

function emptyWords(root: string): PathVocabulary {
  return { collections: new Map(), groupings: new Set(), root }
}

function collectionsOf(map: AuditMap, root: string): [string, string][] {
  return [...map.pathKeywords].flatMap(([name, one]): [string, string][] =>
    one === undefined || !TYPE.test(one) ? [] : [[name, `${root}/${singular(one)}`]],
  )
}
