import type { HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { type Channel, type ChannelDefinition, NotifyError, type Sent } from '../channel'
import { dedupKey, pagerDutyEvent } from './event'
import { readPagerDutySettings } from './settings'

/** Alerts of PagerDuty, through the Events API v2. */
export const pagerDutyChannel: ChannelDefinition = {
  name: 'pagerduty',
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'none' },
  ],
  // An integration takes some 120 events a minute.
  rate: { perSecond: 2, burst: 20 },
  // An event of a known key joins the alert that is open, and tells nobody again.
  idempotent: true,
  tickets: true,
  open(config, { http, now }): Channel {
    const settings = readPagerDutySettings(config)
    const { host, routingKey } = settings
    const secrets = [routingKey]
    const post = async (body: string, signal: AbortSignal | undefined): Promise<HttpResponse> => {
      const response = await ask(
        http,
        {
          method: 'POST',
          url: `${host}/v2/enqueue`,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body,
          ...(signal === undefined ? {} : { signal }),
        },
        'PagerDuty',
        secrets,
      )
      if (response.status !== 202) throw refusal(response, now(), secrets)
      return response
    }
    return {
      target: `${new URL(host).host} …${routingKey.slice(-4)}`,
      async send(report, signal): Promise<Sent> {
        const event = pagerDutyEvent(report, settings)
        if (event === undefined) {
          throw new NotifyError('too_large', 'PagerDuty takes events of 512 KB at most.', {
            remedy: 'Shorten the templates and the further details.',
          })
        }
        const answer = jsonOf(await post(event.json, signal))
        const id = answer?.['dedup_key']
        return {
          did: report.closes ? 'resolved' : 'opened',
          id: typeof id === 'string' ? id : dedupKey(report),
          ...(event.shortened ? { incomplete: 'the details were left out, as they exceed 512 KB' } : {}),
        }
      },
      async test(signal) {
        // Resolving what was never opened tells nobody.
        const dedup_key = 'node-red-contrib-openstack-events test'
        await post(JSON.stringify({ routing_key: routingKey, event_action: 'resolve', dedup_key }), signal)
        return 'PagerDuty takes events. Whether the key belongs to a service shows with the first alert; none was opened.'
      },
      close: () => http.close(),
    }
  },
}

function refusal(response: HttpResponse, now: number, secrets: readonly string[]): NotifyError {
  const answer = jsonOf(response)
  const errors = Array.isArray(answer?.['errors']) ? answer['errors'].map(String) : []
  const detail = [answer?.['message'], ...errors].filter((text) => typeof text === 'string').join('; ')
  // A key that is none refuses every event; anything else in it is this event's fault.
  const ofKey = response.status === 400 && /routing_key|integration key/i.test(detail)
  return refused('PagerDuty', response, now, {
    ...(ofKey ? { kind: 'auth', remedy: 'Enter the integration key of an Events API v2 integration.' } : {}),
    ...(detail === '' ? {} : { detail }),
    secrets,
  })
}
