import { FILTER_PARAMETERS } from '../../audit/query/conditions'
import { SHAPES } from '../model'

/** A parameter of OpenAPI 3.1. */
export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly description: string
  readonly required?: boolean
  readonly schema: Readonly<Record<string, unknown>>
}

function query(name: string, description: string, schema: Readonly<Record<string, unknown>> = TEXT): Parameter {
  return { name, in: 'query', description, schema }
}

const TEXT = { type: 'string' }
const LARGEST = 2_147_483_647

/** In Hermes since 2017: of the notification in the older one, of the event in today's; either reading matches. */
const OLD_FILTERS: Readonly<Record<string, string>> = {
  source: 'Older name: observer.typeURI, or the beginning of the event type.',
  event_type: 'Older name: action, or the beginning of the event type.',
  resource_type: 'Older name: target.typeURI, or its beginning.',
  user_name: "Older name: initiator.id, or the beginning of the user's id or name.",
}

export const FILTERS: readonly Parameter[] = [
  ...FILTER_PARAMETERS.map((name) =>
    query(name, OLD_FILTERS[name] ?? `Exact value of ${name}, case-sensitive; a ! in front negates.`),
  ),
  query('search', 'Full text: words, "phrases", field:value, word*, AND, OR, NOT, +, -, parentheses.'),
  query('time', 'gt, gte, lt or lte, a colon and a time; several separated by commas.'),
  query('match', 'extended: a parameter may be repeated (any of its values), and * at the end is "begins with".', {
    type: 'string',
    enum: ['exact', 'extended'],
  }),
]

export const SCOPE: readonly Parameter[] = [
  query('project_id', "Another project or domain than the token's, or * for all; for cluster viewers."),
  query('domain_id', 'A domain; for its viewers and for cluster viewers. Together with project_id: nothing.'),
]

export const ERRORS = query('errors', 'json: errors as application/problem+json.', { type: 'string', enum: ['json'] })

export const SHAPE = query('shape', 'How events are shown.', { type: 'string', enum: SHAPES })

export const SORT = query('sort', 'key[:asc|:desc], several separated by commas; newest first is appended.')

export const LIMIT = query('limit', 'How many at most; 0 is the default.', {
  type: 'integer',
  minimum: 0,
  maximum: LARGEST,
})

export const PAGING: readonly Parameter[] = [
  LIMIT,
  query('offset', 'How many to pass over.', { type: 'integer', minimum: 0, maximum: LARGEST, default: 0 }),
  query('cursor', 'first, then what next says: pages that stay the same while events arrive.'),
]

export const DETAILS = query('details', "If present: the event's attachments in the items of the list.")

export function pathParameter(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: TEXT }
}

export { query as queryParameter }
