import type { LabClock } from '../clock'
import { asObject, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import { ServiceNowInstance, type ServiceNowRecord } from './instance'
import { QueryRefused, runQuery } from './query'

/** `cloud.vendors.servicenow`: the instance, for what it holds and how it is set up. */
export function serviceNowVendor({ clock }: { readonly clock: LabClock }) {
  const instance = new ServiceNowInstance(clock)
  return { handler: serviceNowService(instance), instance }
}

/** The Table API and OAuth of an instance. */
export function serviceNowService(instance: ServiceNowInstance): LabHandler {
  return (request) => {
    if (request.path === '/oauth_token.do') return token(instance, request)
    if (!authenticated(instance, request)) {
      return failure(401, 'User Not Authenticated', 'Required to provide Auth information')
    }
    const { reset, over } = instance.count()
    const headers = {
      'x-ratelimit-limit': String(instance.hourly),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-rule': 'soc',
    }
    if (over) return { ...failure(429, 'Rate limit exceeded', 'Rejected by large REST API rate limit'), headers }
    const reply = answer(instance, request)
    return { ...reply, headers: { ...reply.headers, ...headers } }
  }
}

function authenticated({ user, password, tokens }: ServiceNowInstance, { headers }: LabRequest): boolean {
  const given = headers['authorization'] ?? ''
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return given === basic || (given.startsWith('Bearer ') && tokens.has(given.slice('Bearer '.length)))
}

function token(instance: ServiceNowInstance, { body, method, headers }: LabRequest): LabReply {
  const form = new URLSearchParams(body)
  const formSent = /^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')
  if (method !== 'POST' || !formSent) return json(400, { error: 'invalid_request' })
  if (form.get('client_id') !== instance.clientId || form.get('client_secret') !== instance.clientSecret) {
    return json(401, { error: 'invalid_client', error_description: 'access_denied' })
  }
  const grant = form.get('grant_type')
  if (grant === 'password') {
    if (form.get('username') !== instance.user || form.get('password') !== instance.password) {
      return json(401, { error: 'server_error', error_description: 'access_denied' })
    }
  } else if (grant !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' })
  return json(200, { access_token: instance.newToken(), token_type: 'Bearer', expires_in: 1799, scope: 'useraccount' })
}

function answer(instance: ServiceNowInstance, request: LabRequest): LabReply {
  const [, table = '', id] = /^\/api\/now\/table\/([^/]+)(?:\/([^/]+))?$/.exec(request.path) ?? []
  if (table === '') return failure(400, 'Requested URI does not represent any resource', null)
  if (table !== instance.table) return failure(400, `Invalid table ${table}`, null)
  if (!/\bapplication\/json\b/.test(request.headers['accept'] ?? '')) {
    return failure(406, 'Unsupported Accept type', null)
  }
  const writes = request.method === 'POST' || request.method === 'PATCH'
  if (writes && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return failure(415, 'Unsupported media type', null)
  }
  const body = asObject(parseJson(request.body))
  if (writes && body === undefined)
    return failure(400, 'Exception while reading request', 'The payload is not valid JSON.')
  if (id === undefined) {
    if (request.method === 'GET') return list(instance, request)
    if (request.method !== 'POST') return failure(405, 'Method not supported', null)
    const record = instance.insert(body ?? {})
    const location = `${request.origin}${request.path}/${record.values['sys_id']}`
    return json(201, { result: shown(record, request) }, { location })
  }
  const record = instance.find(id)
  if (record === undefined) {
    return failure(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval")
  }
  if (request.method === 'PATCH') {
    const missing = instance.demandsCloseNotes ? missingAtClose(record, body ?? {}) : []
    if (missing.length > 0) {
      const detail = `Data Policy Exception: The following fields are mandatory: ${missing.join(', ')}`
      return failure(403, 'Operation Failed', detail)
    }
    instance.update(record, body ?? {})
  } else if (request.method !== 'GET') return failure(405, 'Method not supported', null)
  return json(200, { result: shown(record, request) })
}

function missingAtClose({ values }: ServiceNowRecord, sent: Record<string, unknown>): string[] {
  if (sent['state'] !== '6' && sent['state'] !== '7') return []
  const names = { close_code: 'Resolution code', close_notes: 'Resolution notes' }
  return Object.entries(names).flatMap(([name, label]) => (sent[name] || values[name] ? [] : [label]))
}

function list(instance: ServiceNowInstance, request: LabRequest): LabReply {
  try {
    const limit = Number(request.query.get('sysparm_limit') ?? 10_000)
    const found = runQuery(instance, request.query.get('sysparm_query') ?? '').slice(0, limit)
    return json(200, { result: found.map((record) => shown(record, request)) })
  } catch (thrown) {
    if (thrown instanceof QueryRefused) return failure(400, 'Invalid query', thrown.message)
    throw thrown
  }
}

/** Journals come back only with display values. */
function shown({ values, notes }: ServiceNowRecord, { query }: LabRequest): object {
  const all = query.get('sysparm_display_value') === 'all'
  const journal = notes.map(({ at, text }) => `${at.toISOString()} - SOC bot (Work notes)\n${text}\n\n`).join('')
  const fields: Record<string, string> = { ...values, work_notes: '' }
  const wanted = query.get('sysparm_fields')?.split(',') ?? Object.keys(fields)
  return Object.fromEntries(
    wanted
      .filter((name) => name in fields)
      .map((name) => {
        const value = fields[name] ?? ''
        return [name, all ? { value, display_value: name === 'work_notes' ? journal : value } : value]
      }),
  )
}

function failure(status: number, message: string, detail: string | null): LabReply {
  return json(status, { error: { message, detail }, status: 'failure' })
}
