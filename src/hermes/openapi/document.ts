import {
  DETAILS,
  ERRORS,
  FILTERS,
  LIMIT,
  PAGING,
  type Parameter,
  pathParameter,
  queryParameter,
  SCOPE,
  SHAPE,
  SORT,
} from './parameters'
import { SCHEMAS, type SchemaName, schemaRef } from './schemas'

interface Operation {
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  /** Without a token, and so without what comes of one. */
  readonly open?: boolean
  readonly status?: number
  /** Of the answer: a schema for JSON, or media types. */
  readonly answer: SchemaName | { readonly [type: string]: object }
  readonly errors?: readonly number[]
  readonly body?: SchemaName
}

const TEXTS = { type: 'array', items: { type: 'string' } }
const ATTRIBUTE = pathParameter('attribute_name', 'An attribute, e.g. action, target_type, initiator_name.')

const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/': { get: { summary: 'Versions of the API.', open: true, status: 300, answer: versions('versions') } },
  '/v1': { get: { summary: 'Version 1.', open: true, answer: versions('version') } },
  '/v1/events': {
    get: {
      summary: 'Events, a page at a time.',
      parameters: [...FILTERS, SORT, ...PAGING, DETAILS, SHAPE, ...SCOPE],
      answer: 'List',
    },
  },
  '/v1/events/download': {
    get: {
      summary: 'Events as one JSON file, up to 20,000.',
      parameters: [...FILTERS, SORT, DETAILS, SHAPE, ...SCOPE],
      answer: 'List',
    },
  },
  '/v1/events/export': {
    get: {
      summary: 'All events that are found, as JSON Lines or CSV, streamed.',
      parameters: [
        ...FILTERS,
        queryParameter('sort', 'time:asc or time:desc; oldest first by default.'),
        queryParameter('format', 'jsonl by default.', { type: 'string', enum: ['jsonl', 'csv'] }),
        queryParameter('shape', 'Of JSON Lines.', { type: 'string', enum: ['event', 'record'], default: 'event' }),
        queryParameter('bom', 'true: a byte order mark in front of CSV, for spreadsheets.'),
        ...SCOPE,
      ],
      answer: { 'application/x-ndjson': { type: 'string' }, 'text/csv': { type: 'string' } },
    },
  },
  '/v1/events/feed': {
    get: {
      summary: 'The newest events as an Atom feed.',
      parameters: [...FILTERS, LIMIT, queryParameter('cursor', 'What next says.'), ...SCOPE],
      answer: { 'application/atom+xml': { type: 'string' } },
    },
  },
  '/v1/events/{event_id}': {
    get: {
      summary: 'An event by its id, in any spelling, or by the id of its notification.',
      parameters: [pathParameter('event_id', 'UUID or message id.'), SHAPE, ...SCOPE],
      answer: 'Event',
      errors: [404],
    },
  },
  '/v1/attributes/{attribute_name}': {
    get: {
      summary: 'Different values of an attribute.',
      parameters: [
        ATTRIBUTE,
        queryParameter('limit', 'Of values, before max_depth.', { type: 'integer', default: 10_000, maximum: 20_000 }),
        queryParameter('max_depth', 'Parts between slashes that are kept.', { type: 'integer', minimum: 0 }),
        ...SCOPE,
      ],
      answer: { 'application/json': TEXTS },
    },
  },
  '/v1/counts/{attribute_name}': {
    get: {
      summary: 'How many events have which value of an attribute.',
      parameters: [ATTRIBUTE, ...FILTERS, LIMIT, ...SCOPE],
      answer: 'Counts',
    },
  },
  '/v1/histogram': {
    get: {
      summary: 'How many events there were when.',
      parameters: [
        ...FILTERS,
        queryParameter('interval', 'Seconds, or a number with s, m, h, d or w; auto by default.'),
        queryParameter('by', 'Counts apart by the values of this attribute.'),
        ...SCOPE,
      ],
      answer: 'Histogram',
    },
  },
  '/v1/audit': {
    get: {
      summary: 'Whether events of the tenant are recorded.',
      parameters: SCOPE,
      answer: 'Settings',
      errors: [404],
    },
    put: {
      summary: 'Changes that.',
      parameters: SCOPE,
      body: 'SettingsChange',
      answer: 'Settings',
      errors: [404, 413, 415],
    },
  },
  '/v1/integrity': {
    get: { summary: 'The end of the hash chain, and what its last verification found.', answer: 'Integrity' },
    post: { summary: 'Begins a verification.', status: 202, answer: 'Integrity' },
  },
  '/v1/health': { get: { summary: 'Whether the API can answer.', open: true, answer: 'Health', errors: [503] } },
  '/v1/openapi.json': {
    get: { summary: 'This document.', open: true, answer: { 'application/json': { type: 'object' } } },
  },
  '/v1/docs': { get: { summary: 'The same for people.', open: true, answer: { 'text/html': { type: 'string' } } } },
  '/metrics': {
    get: {
      summary: 'Metrics for Prometheus, where the operator wants them served.',
      open: true,
      answer: { 'text/plain': { type: 'string' } },
      errors: [404],
    },
  },
}

function versions(name: string): Operation['answer'] {
  const one = schemaRef('Version')
  const value = name === 'versions' ? { type: 'array', items: one } : one
  return { 'application/json': { type: 'object', properties: { [name]: value }, required: [name] } }
}

/** The API in OpenAPI 3.1. @param server absolute address of its base */
export function openApiDocument(server: string): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Audit trail',
      version: '1.0.0',
      summary: "Audit events of an OpenStack cloud, compatible with OpenStack's Hermes.",
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server }],
    security: [{ token: [] }],
    paths: Object.fromEntries(
      Object.entries(OPERATIONS).map(([path, operations]) => [
        path,
        Object.fromEntries(Object.entries(operations).map(([verb, of]) => [verb, operation(path, verb, of)])),
      ]),
    ),
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
      schemas: SCHEMAS,
    },
  }
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'A parameter that cannot be understood.',
  401: 'No valid token.',
  403: 'The policy denies it.',
  404: 'Not there, or not for this token.',
  413: 'The body is too long.',
  415: 'The body is no JSON.',
  429: 'Too many requests; Retry-After says when to go on.',
  503: 'Keystone or the store is away; Retry-After says when to ask again.',
}

function operation(path: string, verb: string, of: Operation): object {
  const { summary, parameters = [], open = false, status = 200, answer, errors = [], body } = of
  const content = typeof answer === 'string' ? { 'application/json': schemaRef(answer) } : answer
  const failures = [...new Set([...(open ? [] : [400, 401, 403, 429, 503]), ...errors])].sort()
  return {
    operationId: `${verb}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string = '') => next.toUpperCase())}`,
    summary,
    ...(open ? { security: [] } : {}),
    parameters: open ? parameters : [...parameters, ERRORS],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf({ 'application/json': schemaRef(body) }) } }),
    responses: {
      [status]: { description: 'The answer.', content: contentOf(content) },
      ...Object.fromEntries(
        failures.map((code) => [
          code,
          {
            description: DESCRIPTIONS[code],
            ...(path === '/v1/health'
              ? { content: contentOf(content) }
              : {
                  content: contentOf({
                    'text/plain': { type: 'string' },
                    'application/problem+json': schemaRef('Problem'),
                  }),
                }),
          },
        ]),
      ),
    },
  }
}

function contentOf(types: { readonly [type: string]: object }): object {
  return Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }]))
}
