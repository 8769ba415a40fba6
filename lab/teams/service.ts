import { parsedObject } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Vendor, VendorTools } from '../vendors'

/** A card that a flow took. */
export interface TeamsCard {
  readonly workflow: string
  readonly card: Readonly<Record<string, unknown>>
  readonly bytes: number
  /** Whether Teams showed it: what is wrong with a card is seen only in the flow's run history. */
  readonly shown: boolean
  readonly problem?: string
}

export interface Teams extends Vendor {
  /** Flows by id, each with the signature in its address. */
  readonly workflows: Map<string, { signature: string; state: 'on' | 'off' }>
  /** Every run, also of cards that Teams does not show. */
  readonly runs: TeamsCard[]
  /** Requests a second, over a stretch of ten seconds. */
  perSecond: number
}

const WORKFLOW = '5f0d3c1a7b8e4f6d9a0b1c2d3e4f5a6b'
const SIGNATURE = 'pocket-Teams_signature-0123456789abcdefgh'

export const DEMO_TEAMS = {
  workflow: WORKFLOW,
  signature: SIGNATURE,
  /** Path and query of the flow's address. */
  hook: `/workflows/${WORKFLOW}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIGNATURE}`,
}

/** Teams' limit of a message. */
const MOST_BYTES = 28 * 1024
const ELEMENTS = new Set([
  'TextBlock',
  'FactSet',
  'Container',
  'ColumnSet',
  'ActionSet',
  'Image',
  'RichTextBlock',
  'Table',
])

/** A flow with the trigger "When a Teams webhook request is received": 202, and then whatever becomes of the card. */
export function teamsVendor({ clock }: VendorTools): Teams {
  let recent: number[] = []
  const teams: Teams = {
    workflows: new Map([[WORKFLOW, { signature: SIGNATURE, state: 'on' }]]),
    runs: [],
    perSecond: 4,
    handler: (request) => trigger(request),
  }

  function trigger({ method, path, query, headers, body }: LabRequest): LabReply {
    const [, id] = /^\/workflows\/([^/]+)\/triggers\/manual\/paths\/invoke$/.exec(path) ?? []
    if (id === undefined) return failed(404, 'ResourceNotFound', 'The requested resource does not exist.')
    if (method !== 'POST') return failed(405, 'MethodNotAllowed', `The HTTP method '${method}' is not supported.`)
    if (query.get('api-version') === null)
      return failed(400, 'MissingApiVersionParameter', "The api-version query parameter ('?api-version=') is required.")
    const flow = teams.workflows.get(id)
    if (flow === undefined) return failed(404, 'WorkflowNotFound', `The workflow '${id}' could not be found.`)
    if (query.get('sig') === null)
      return failed(
        401,
        'DirectApiAuthorizationRequired',
        'The request must be authenticated only by Shared Access scheme.',
      )
    if (query.get('sig') !== flow.signature)
      return failed(401, 'AuthorizationFailed', 'The authentication credentials are not valid.')
    if (flow.state === 'off')
      return failed(400, 'WorkflowTriggerIsNotEnabled', `The workflow '${id}' trigger 'manual' is not enabled.`)
    const now = clock.now().getTime()
    recent = recent.filter((at) => at > now - 10_000)
    if (recent.length >= teams.perSecond * 10)
      return json(
        429,
        { error: { code: 'TooManyRequests', message: 'Rate limit is exceeded.' } },
        { 'retry-after': '2' },
      )
    recent.push(now)
    if (!/^application\/json/.test(headers['content-type'] ?? ''))
      return failed(
        400,
        'TriggerInputSchemaMismatch',
        'The input body for trigger does not match its schema definition.',
      )
    return run(id, body)
  }

  function run(workflow: string, body: string): LabReply {
    const message = parsedObject(body)
    if (message === undefined) return failed(400, 'InvalidRequestContent', 'The request content is not valid JSON.')
    const { attachments } = message
    if (message['type'] !== 'message' || !Array.isArray(attachments) || attachments.length === 0)
      return failed(
        400,
        'TriggerInputSchemaMismatch',
        'The input body for trigger does not match its schema definition.',
      )
    const bytes = Buffer.byteLength(body)
    const { contentType, content } = fieldsOf(attachments[0])
    const card = fieldsOf(content)
    const problem = bytes > MOST_BYTES ? 'RequestEntityTooLarge' : problemOf(contentType, card)
    teams.runs.push({
      workflow,
      card,
      bytes,
      shown: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
    })
    // What becomes of the card is not known yet when the flow answers.
    const id = `0858${String(teams.runs.length).padStart(28, '0')}CU00`
    return { status: 202, headers: { 'x-ms-workflow-run-id': id, 'x-ms-client-tracking-id': id }, body: '' }
  }

  return teams
}

function problemOf(contentType: unknown, card: Readonly<Record<string, unknown>>): string | undefined {
  if (contentType !== 'application/vnd.microsoft.card.adaptive') return 'only adaptive cards are shown'
  if (card['type'] !== 'AdaptiveCard') return 'the content is no adaptive card'
  if (!/^1\.[0-6]$/.test(String(card['version']))) return 'the version is missing or not known'
  if (!Array.isArray(card['body']) || card['body'].length === 0) return 'the card has no body'
  const wrong = card['body'].find((element) => !isElement(element))
  if (wrong !== undefined) return `element not understood: ${JSON.stringify(wrong).slice(0, 200)}`
  const { actions = [] } = card
  return Array.isArray(actions) && actions.every(isAction) ? undefined : 'an action is not understood'
}

function isElement(element: unknown): boolean {
  const { type, text, facts, items } = fieldsOf(element)
  if (!ELEMENTS.has(String(type))) return false
  if (type === 'TextBlock') return typeof text === 'string'
  if (type === 'Container') return Array.isArray(items) && items.every(isElement)
  if (type !== 'FactSet') return true
  return (
    Array.isArray(facts) &&
    facts.every((fact) => typeof fieldsOf(fact)['title'] === 'string' && typeof fieldsOf(fact)['value'] === 'string')
  )
}

function isAction(action: unknown): boolean {
  const { type, title, url } = fieldsOf(action)
  return type === 'Action.OpenUrl' && typeof title === 'string' && typeof url === 'string' && /^https?:\/\//.test(url)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** As Azure's workflow engine says no. */
function failed(status: number, code: string, message: string): LabReply {
  return json(status, { error: { code, message } })
}
