import type { LabClock } from '../clock'
import { asObject, asText, type JsonObject, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'

export interface GitHubIssue {
  readonly number: number
  readonly title: string
  readonly body: string
  labels: string[]
  assignees: string[]
  state: 'open' | 'closed'
  stateReason: string | null
  readonly comments: string[]
  readonly createdAt: Date
  readonly isPull?: boolean
}

/** A repository, as its owners set it up: what tests change is public. */
export class GitHubRepository {
  readonly name = 'acme/audit'
  readonly token = 'github_pat_pocket_token'
  /** Whether the token may push: without it labels and assignees are dropped without a word. */
  mayPush = true
  hasIssues = true
  /** How long lists do not show what was made, ms. */
  lagMs = 0
  readonly issues: GitHubIssue[] = []
  /** Who was told by a mention, and which issues got a reference: what a hostile name would do. */
  readonly mentioned: string[] = []
}

/** `cloud.vendors.github`: the repository, for what it holds and how it is set up. */
export function gitHubVendor({ clock }: { readonly clock: LabClock }) {
  const repository = new GitHubRepository()
  return { handler: gitHubService(repository, clock), repository }
}

const LONGEST = { title: 256, body: 65_536, label: 50 }

/** GitHub's REST API of a repository, for issues. */
export function gitHubService(repository: GitHubRepository, clock: LabClock): LabHandler {
  return (request) => {
    const { headers, path } = request
    if (!headers['user-agent'])
      return failure(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      )
    if (headers['authorization'] !== `Bearer ${repository.token}`) return failure(401, 'Bad credentials')
    if (!/application\/(vnd\.github[.+\w]*|json)/.test(headers['accept'] ?? ''))
      return failure(415, 'Unsupported Accept')
    const prefix = `/repos/${repository.name}`
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return failure(404, 'Not Found')
    return answer(repository, clock, path.slice(prefix.length), request)
  }
}

function answer(repository: GitHubRepository, clock: LabClock, path: string, request: LabRequest): LabReply {
  const { name, hasIssues, mayPush } = repository
  const { method } = request
  if (path === '' && method === 'GET') {
    return json(200, { full_name: name, has_issues: hasIssues, permissions: { pull: true, push: mayPush } })
  }
  if (!hasIssues) return failure(410, 'Issues has been disabled in this repository.')
  const body = asObject(parseJson(request.body)) ?? {}
  if (path === '/issues') {
    if (method === 'GET') return list(repository, clock, request)
    return method === 'POST' ? create(repository, clock, body, request.origin) : failure(405, 'Not Allowed')
  }
  const [, number, comments] = /^\/issues\/(\d+)(\/comments)?$/.exec(path) ?? []
  const issue = repository.issues.find((each) => String(each.number) === number)
  if (issue === undefined) return failure(404, 'Not Found')
  const shownIssue = () => json(200, shown(repository, issue, request.origin))
  switch (`${method} ${comments ?? ''}`) {
    case 'GET ':
      return shownIssue()
    case 'PATCH ': {
      const { state, state_reason: reason } = body
      if (state !== 'open' && state !== 'closed')
        return invalid([{ resource: 'Issue', field: 'state', code: 'invalid' }])
      if (reason !== undefined && !['completed', 'not_planned', 'reopened'].includes(String(reason))) {
        return invalid([{ resource: 'Issue', field: 'state_reason', code: 'invalid' }])
      }
      issue.state = state
      issue.stateReason = asText(reason) ?? null
      return shownIssue()
    }
    case 'GET /comments':
      return json(
        200,
        page(issue.comments, request).map((text) => ({ body: text })),
      )
    case 'POST /comments': {
      const text = asText(body['body']) ?? ''
      if (text === '' || text.length > LONGEST.body)
        return invalid([{ resource: 'IssueComment', field: 'body', code: 'invalid' }])
      issue.comments.push(text)
      tellMentioned(repository, text)
      return json(201, { id: issue.comments.length, body: text })
    }
    default:
      return failure(405, 'Not Allowed')
  }
}

function create(repository: GitHubRepository, clock: LabClock, sent: JsonObject, origin: string): LabReply {
  const title = asText(sent['title']) ?? ''
  const text = asText(sent['body']) ?? ''
  const labels = Array.isArray(sent['labels']) ? sent['labels'].map(String) : []
  const assignees = Array.isArray(sent['assignees']) ? sent['assignees'].map(String) : []
  const errors: object[] = []
  if (title.trim() === '') errors.push({ resource: 'Issue', field: 'title', code: 'missing_field' })
  if (title.length > LONGEST.title)
    errors.push({ field: 'title', message: 'title is too long (maximum is 256 characters)' })
  if (text.length > LONGEST.body)
    errors.push({ field: 'body', message: 'body is too long (maximum is 65536 characters)' })
  if (labels.some((label) => label.length > LONGEST.label))
    errors.push({ resource: 'Label', field: 'name', code: 'invalid' })
  if (errors.length > 0) return invalid(errors)
  const issue: GitHubIssue = {
    number: repository.issues.length + 1,
    title,
    body: text,
    labels: repository.mayPush ? labels : [],
    assignees: repository.mayPush ? assignees : [],
    state: 'open',
    stateReason: null,
    comments: [],
    createdAt: clock.now(),
  }
  repository.issues.push(issue)
  tellMentioned(repository, text)
  return json(201, shown(repository, issue, origin))
}

function list(repository: GitHubRepository, clock: LabClock, request: LabRequest): LabReply {
  const { query, origin } = request
  const wanted = query.get('labels')?.split(',') ?? []
  const state = query.get('state') ?? 'open'
  const now = clock.now().getTime()
  const found = repository.issues
    .filter((issue) => now - issue.createdAt.getTime() >= repository.lagMs)
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => wanted.every((label) => issue.labels.includes(label)))
    .reverse()
  return json(
    200,
    page(found, request).map((issue) => shown(repository, issue, origin)),
  )
}

function page<T>(all: readonly T[], { query }: LabRequest): T[] {
  const size = Math.min(100, Number(query.get('per_page') ?? 30))
  const number = Number(query.get('page') ?? 1)
  return all.slice((number - 1) * size, number * size)
}

function tellMentioned({ mentioned }: GitHubRepository, text: string): void {
  const visible = text.replace(/<!--.*?-->/gs, '').replace(/(`+)(?!`).*?[^`]\1(?!`)/gs, '')
  for (const [, who] of visible.matchAll(/(?:^|[^\w/])(@[a-z\d][a-z\d-]*|#\d+|GH-\d+|https?:\/\/[^\s)>]+)/gi)) {
    mentioned.push(who ?? '')
  }
}

function shown({ name }: GitHubRepository, issue: GitHubIssue, origin: string): object {
  const { number, title, body, labels, assignees, state, stateReason, comments, isPull } = issue
  return {
    ...{ number, title, body, state, state_reason: stateReason, comments: comments.length },
    html_url: `${origin}/${name}/issues/${number}`,
    labels: labels.map((label) => ({ name: label })),
    assignees: assignees.map((login) => ({ login })),
    ...(isPull === true ? { pull_request: {} } : {}),
  }
}

function invalid(errors: readonly object[]): LabReply {
  return json(422, { message: 'Validation Failed', errors, documentation_url: 'https://docs.github.com/rest/issues' })
}

function failure(status: number, message: string): LabReply {
  return json(status, { message, documentation_url: 'https://docs.github.com/rest' })
}
