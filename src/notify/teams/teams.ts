import type { HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import type { Channel, ChannelConfig, ChannelDefinition, NotifyError, NotifyFailure, Sent } from '../channel'
import { ChannelSettings } from '../channel-settings'
import { cardOf } from './card'
import { documentProblem, membersOf } from './document'
import { fittedBody } from './fit'

/** Connectors took message cards at these hosts, and are retired; what is posted there reaches nobody. */
const CONNECTORS = /(?:^|\.)(?:webhook\.office\.com|outlook\.office\.com|outlook\.office365\.com)$/i

/** Error codes of the flow's trigger that its status alone would not tell. */
const CODES: Readonly<Record<string, NotifyFailure>> = {
  WorkflowTriggerIsNotEnabled: 'config',
  WorkflowDisabled: 'config',
  WorkflowSuspended: 'config',
  WorkflowNotFound: 'not_found',
  WorkflowTriggerNotFound: 'not_found',
  WorkflowTriggerVersionNotFound: 'not_found',
  TriggerInputSchemaMismatch: 'invalid',
  RequestEntityTooLarge: 'too_large',
  // The flow runs, but did not say how it ended.
  NoResponse: 'unknown',
  GatewayTimeout: 'unknown',
}

const REMEDY = 'Look at the flow in the Workflows app: is it on, has it an owner, is its address still this one?'

/** The Workflows app of Microsoft Teams: "When a Teams webhook request is received". */
export const teamsChannel: ChannelDefinition = {
  name: 'teams',
  fields: [
    { name: 'title', escape: 'teams' },
    { name: 'text', escape: 'teams' },
  ],
  document: 'teams',
  documentProblem,
  // Inherited from connectors: four a second, beyond which Teams throttles; a channel that is full helps nobody.
  rate: { perSecond: 1, burst: 4 },
  idempotent: false,
  open(config, { http, now }): Channel {
    const { url, target, secrets } = readSettings(config)
    return {
      target,
      async send(report, signal): Promise<Sent> {
        const response = await ask(
          http,
          {
            method: 'POST',
            url: url.href,
            headers: { 'content-type': 'application/json; charset=utf-8' },
            body: fittedBody(cardOf(report)),
            ...(signal === undefined ? {} : { signal }),
          },
          'Teams',
          secrets,
        )
        const run = response.headers['x-ms-workflow-run-id']
        if (response.status === 202 || (response.status === 200 && !isPage(response))) {
          return { did: 'sent', accepted: true, shown: 'unknown', ...(run === undefined ? {} : { id: run }) }
        }
        throw failure(response, now(), secrets)
      },
      test: () =>
        // Every request that the flow takes starts it, so nothing is asked.
        Promise.resolve(
          `The address is one of a flow at ${url.hostname}. Only a message shows whether the flow is on: nothing was sent.`,
        ),
      close: () => http.close(),
    }
  },
}

function readSettings(config: ChannelConfig) {
  const read = new ChannelSettings(config, 'Teams')
  const url = read.url('webhookUrl', read.mandatorySecret('webhookUrl'))
  if (url !== undefined && CONNECTORS.test(url.hostname)) {
    read.complain(
      'the address is one of an Office 365 connector, which Microsoft has retired: make a flow in the Workflows app ("When a Teams webhook request is received") and enter its address',
    )
  }
  const target = read.text('channel') || 'Teams'
  read.done()
  const address = url ?? new URL('https://invalid.invalid/')
  // The address is the secret, and so is each of its long parts, which answers repeat.
  const parts = [...address.pathname.split('/'), ...address.searchParams.values()].filter(({ length }) => length >= 16)
  return { url: address, target, secrets: [address.href, ...parts] }
}

/** A page that somebody else answered with, e.g. a proxy: the flow never saw the request. */
function isPage({ headers }: HttpResponse): boolean {
  return /html/i.test(headers['content-type'] ?? '')
}

function failure(response: HttpResponse, now: number, secrets: readonly (string | undefined)[]): NotifyError {
  const error = membersOf(jsonOf(response)?.['error'])
  const code = typeof error['code'] === 'string' ? error['code'] : ''
  const message = typeof error['message'] === 'string' ? error['message'].replace(/\.\s*$/, '') : ''
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  const kind = known ?? (response.status === 200 ? 'unknown' : undefined)
  const needsPerson = [400, 401, 403, 404].includes(response.status) && known !== 'invalid'
  return refused('Teams', response, now, {
    ...(kind === undefined ? {} : { kind }),
    detail: [code, message].filter((text) => text !== '').join(': ') || undefined,
    ...(needsPerson ? { remedy: REMEDY } : {}),
    secrets,
  })
}
