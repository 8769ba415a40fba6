import { setTimeout as wait } from 'node:timers/promises'
import type { LabClock } from '../clock'
import type { LabHandler, LabReply, LabRequest } from '../http/exchange'
import { QualysFailure } from './failure'
import { launch } from './launch'
import { listAddresses, listAppliances, listProfiles } from './lists'
import { Parameters } from './parameters'
import { cancelScan, fetchScan, listScans } from './scans'
import type { Subscription } from './subscription'

export interface QualysBehaviour {
  /** The 2.0 scan list is at its end of life: answer it with 404, as the platform does one day. */
  listV2Gone: boolean
  /** What a repeated parameter meets: a loud refusal, or, as with the real service, the last value silently. */
  repeatedParameters: 'refuse' | 'last-wins'
  /** How long each call takes, in real time, so that calls can run at the same time. */
  callMs: number
}

export interface QualysOptions {
  readonly subscription: Subscription
  readonly clock: LabClock
  readonly behaviour: QualysBehaviour
}

interface Action {
  readonly run: (parameters: Parameters, at: Date) => LabReply
  readonly postOnly?: boolean
}

/** Actions by the path of the API and their name. Launch and the rest of manage are documented for 2.0 only. */
function apisOf(subscription: Subscription): Readonly<Record<string, Readonly<Record<string, Action>>>> {
  const list = (version: string): Action => ({
    run: (parameters, at) => listScans(subscription, parameters, at, version),
  })
  return {
    '/api/2.0/fo/scan/': {
      launch: { run: (parameters, at) => launch(subscription, parameters, at), postOnly: true },
      cancel: { run: (parameters, at) => cancelScan(subscription, parameters, at), postOnly: true },
      fetch: { run: (parameters) => fetchScan(subscription, parameters) },
      list: list('2.0'),
    },
    '/api/3.0/fo/scan/': { list: list('3.0') },
    '/api/2.0/fo/subscription/option_profile/vm/': {
      list: { run: (parameters) => listProfiles(subscription, parameters) },
    },
    '/api/2.0/fo/asset/ip/': { list: { run: (parameters, at) => listAddresses(subscription, parameters, at) } },
    '/api/2.0/fo/appliance/': { list: { run: (parameters, at) => listAppliances(subscription, parameters, at) } },
  }
}

/** The Qualys API server over HTTP. */
export function qualysService({ subscription, clock, behaviour }: QualysOptions): LabHandler {
  const apis = apisOf(subscription)
  return async (request) => {
    try {
      authenticate(request)
      const api = request.path.replace(/\/?$/, '/')
      if (!(api in apis)) return notFound()
      return await subscription.limits.run(api, async (headers) => {
        if (behaviour.callMs > 0) await wait(behaviour.callMs)
        const reply = answered(api, request)
        return { ...reply, headers: { ...headers(), ...reply.headers } }
      })
    } catch (error) {
      if (error instanceof QualysFailure) return error.reply(clock.now())
      throw error
    }
  }

  function authenticate(request: LabRequest): void {
    const expected = Buffer.from(`${subscription.username}:${subscription.password}`).toString('base64')
    if (request.headers['authorization'] !== `Basic ${expected}`) throw new QualysFailure('2000', 'Bad Login/Password')
    if (!request.headers['x-requested-with']) {
      throw new QualysFailure('1903', 'Missing required header: X-Requested-With')
    }
  }

  /** A refusal of the call itself still carries the limit headers, as it was counted. */
  function answered(api: string, request: LabRequest): LabReply {
    try {
      return answer(api, request)
    } catch (error) {
      if (error instanceof QualysFailure) return error.reply(clock.now())
      throw error
    }
  }

  function answer(api: string, request: LabRequest): LabReply {
    const parameters = Parameters.read(request, (names) => {
      if (behaviour.repeatedParameters === 'last-wins') return
      throw new QualysFailure(
        '1904',
        `Repeated parameter(s): ${names.join(', ')}. The pocket cloud refuses them; Qualys would silently take the last value.`,
      )
    })
    const name = parameters.required('action')
    const action = apis[api]?.[name]
    if (action === undefined) throw new QualysFailure('1905', `parameter action has invalid value: ${name}`)
    if (action.postOnly && request.method !== 'POST') {
      throw new QualysFailure(
        '1908',
        `Request method (GET or POST) is incompatible with specified parameter(s): action=${name}`,
      )
    }
    if (api === '/api/2.0/fo/scan/' && name === 'list' && behaviour.listV2Gone) return notFound()
    return action.run(parameters, clock.now())
  }
}

function notFound(): LabReply {
  return {
    status: 404,
    headers: { 'content-type': 'text/html; charset=iso-8859-1' },
    body:
      '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n' +
      '<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n',
  }
}
