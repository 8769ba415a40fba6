import type { LabClock } from '../clock'
import { asObject, asText, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import { checkIssue, checkText, type FieldErrors } from './checks'
import { JqlFailure, searchJql } from './jql'
import { type JiraIssue, JiraSite, type JiraTransition } from './site'

/** Jira's REST API: version 3 as Cloud has it, version 2 as Data Center has it. */
export function jiraService(site: JiraSite): LabHandler {
  return (request) => {
    const [, version = '', path = ''] = /^\/rest\/api\/([23])(\/.*)$/.exec(request.path) ?? []
    if (path === '') return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>Not found</html>' }
    const api = version === '3' ? 3 : 2
    if (!authenticated(site, api, request)) {
      return failure(401, ['Client must be authenticated to access this resource.'])
    }
    if (request.method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return { status: 415, body: '' }
    }
    return answer(site, api, path, request)
  }
}

function authenticated({ user, apiToken, accessToken }: JiraSite, api: 2 | 3, { headers }: LabRequest): boolean {
  const basic = `Basic ${Buffer.from(`${user}:${apiToken}`).toString('base64')}`
  return headers['authorization'] === (api === 3 ? basic : `Bearer ${accessToken}`)
}

function answer(site: JiraSite, api: 2 | 3, path: string, request: LabRequest): LabReply {
  const body = asObject(parseJson(request.body)) ?? {}
  switch (`${request.method} ${path}`) {
    case 'GET /myself':
      return json(200, { displayName: 'SOC bot', accountId: '5b10a2844c20165700ede21g' })
    case `GET /project/${site.project.key}`:
      return json(200, { ...site.project, issueTypes: site.issueTypes.map((name) => ({ name })) })
    case 'POST /issue':
      return create(site, api, body, request.origin)
    case 'POST /search':
      if (api === 3)
        return failure(410, ['The requested API has been removed. Please migrate to /rest/api/3/search/jql.'])
      return search(site, api, body)
    case 'POST /search/jql':
      return api === 3 ? search(site, api, body) : notFound()
  }
  const [, key = '', what = ''] = /^\/issue\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? []
  const issue = site.find(decodeURIComponent(key))
  if (issue === undefined) return notFound()
  switch (`${request.method} ${what}`) {
    case 'GET ':
      return json(200, shown(issue, (request.query.get('fields') ?? '').split(',')))
    case 'GET comment': {
      const newestFirst = request.query.get('orderBy') === '-created'
      const comments = newestFirst ? [...issue.comments].reverse() : issue.comments
      const most = Number(request.query.get('maxResults') ?? 50)
      return json(200, { startAt: 0, maxResults: most, total: comments.length, comments: comments.slice(0, most) })
    }
    case 'POST comment': {
      const wrong = checkText(api, body['body'])
      return wrong === undefined ? json(201, site.comment(issue, body['body'])) : failure(400, [], { comment: wrong })
    }
    case 'GET transitions':
      return json(200, { transitions: site.transitions.map(shownTransition) })
    case 'POST transitions':
      return transition(site, issue, body)
    default:
      return { status: 405, body: '' }
  }
}

function create(site: JiraSite, api: 2 | 3, body: Record<string, unknown>, origin: string): LabReply {
  const fields = asObject(body['fields'])
  if (fields === undefined) return failure(400, ['Invalid request payload. Refer to the REST API documentation.'])
  const errors = checkIssue(site, api, fields)
  if (Object.keys(errors).length > 0) return failure(400, [], errors)
  const { id, key } = site.create(fields)
  return json(201, { id, key, self: `${origin}/rest/api/${api}/issue/${id}` })
}

function search(site: JiraSite, api: 2 | 3, { jql, fields, maxResults = 50 }: Record<string, unknown>): LabReply {
  try {
    const found = searchJql(asText(jql) ?? '', site.indexed()).slice(0, Number(maxResults))
    const wanted = Array.isArray(fields) ? fields.map(String) : []
    const issues = found.map((issue) => (wanted.length > 0 ? shown(issue, wanted) : { id: issue.id }))
    // The newer search has neither a total nor offsets.
    return json(200, api === 3 ? { issues, isLast: true } : { issues, startAt: 0, total: found.length, maxResults })
  } catch (thrown) {
    if (thrown instanceof JqlFailure) return failure(400, [thrown.message])
    throw thrown
  }
}

function transition(site: JiraSite, issue: JiraIssue, body: Record<string, unknown>): LabReply {
  const chosen = site.transitions.find(({ id }) => id === asObject(body['transition'])?.['id'])
  if (chosen === undefined)
    return failure(400, ['It seems that you have tried to perform an invalid workflow operation.'])
  issue.status = chosen.to
  issue.resolution = asText(asObject(asObject(body['fields'])?.['resolution'])?.['name'])
  return { status: 204 }
}

function shown(issue: JiraIssue, wanted: readonly string[]): object {
  const { name, category } = issue.status
  const all: Record<string, unknown> = { ...issue.fields, status: { name, statusCategory: { key: category } } }
  const fields = Object.fromEntries(wanted.filter((field) => field in all).map((field) => [field, all[field]]))
  return { id: issue.id, key: issue.key, fields }
}

function shownTransition({ id, name, to }: JiraTransition): object {
  return { id, name, to: { name: to.name, statusCategory: { key: to.category } } }
}

function notFound(): LabReply {
  return failure(404, ['Issue does not exist or you do not have permission to see it.'])
}

function failure(status: number, errorMessages: readonly string[], errors: FieldErrors = {}): LabReply {
  return json(status, { errorMessages, errors })
}

/** `cloud.vendors.jira`: the site, for what it holds and how it is set up. */
export function jiraVendor({ clock }: { readonly clock: LabClock }) {
  const site = new JiraSite(clock)
  return { handler: jiraService(site), site }
}
