import { randomUUID } from 'node:crypto'
import type { HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import {
  type Channel,
  type ChannelConfig,
  type ChannelDefinition,
  NotifyError,
  type NotifyFailure,
  type Sent,
} from '../channel'
import { ChannelSettings } from '../channel-settings'
import { documentProblem, postOf } from './post'

/** By what Mattermost calls its errors, where the status alone would not tell. */
const KINDS: Readonly<Record<string, NotifyFailure>> = {
  'web.incoming_webhook.disabled.app_error': 'config',
  'web.incoming_webhook.invalid.app_error': 'config',
  'web.incoming_webhook.channel.app_error': 'config',
  'web.incoming_webhook.channel_locked.app_error': 'config',
  'web.incoming_webhook.user.app_error': 'config',
  'web.incoming_webhook.permissions.app_error': 'config',
  'app.channel.get.existing.app_error': 'config',
  'api.post.create_post.can_not_post_to_deleted.error': 'config',
  'api.post.create_post.town_square_read_only': 'config',
  'model.post.is_valid.msg.app_error': 'too_large',
  'model.post.is_valid.props.app_error': 'too_large',
  'web.incoming_webhook.split_props_length.app_error': 'too_large',
  'api.context.rate_limited.app_error': 'rate_limited',
}

const REMEDIES: Readonly<Record<string, string>> = {
  'web.incoming_webhook.disabled.app_error':
    'Incoming web hooks are switched off on the server: its administrator can allow them.',
  'web.incoming_webhook.invalid.app_error': 'The web hook was removed: make a new one and enter its address.',
  'web.incoming_webhook.channel.app_error': 'Check the channel: its name in the address, not the one that is shown.',
  'web.incoming_webhook.channel_locked.app_error':
    'The web hook is locked to its own channel: leave the channel empty.',
  'web.incoming_webhook.permissions.app_error': 'Who made the web hook must be a member of the channel.',
}

/** An incoming web hook of Mattermost. */
export const mattermostChannel: ChannelDefinition = {
  name: 'mattermost',
  fields: [
    { name: 'title', escape: 'markdown' },
    { name: 'text', escape: 'markdown' },
  ],
  document: 'markdown',
  documentProblem,
  // The server's own limit is ten a second and sender where it is switched on.
  rate: { perSecond: 2, burst: 10 },
  idempotent: false,
  open(config, { http, now }): Channel {
    const { url, room, username, secrets } = readSettings(config)
    const post = (body: object, signal?: AbortSignal) =>
      ask(
        http,
        {
          method: 'POST',
          url: url.href,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify(body),
          ...(signal === undefined ? {} : { signal }),
        },
        'Mattermost',
        secrets,
      )
    const overrides = { ...(room === '' ? {} : { channel: room }), ...(username === '' ? {} : { username }) }
    return {
      target: room === '' ? `Mattermost ${url.hostname}` : room,
      async send(report, signal): Promise<Sent> {
        const response = await post({ ...postOf(report), ...overrides }, signal)
        if (response.status === 200 && response.text.trim() === 'ok') return { did: 'sent' }
        throw failure(response, now(), secrets)
      },
      async test(signal) {
        // Mattermost looks for the web hook before it looks for the channel, and of this name there is none: nothing is posted.
        const response = await post(
          { text: 'A test of the settings.', channel: `openstack-events-${randomUUID()}` },
          signal,
        )
        const isThere = /^web\.incoming_webhook\.(?:channel|channel_locked|general)\.app_error$/.test(idOf(response))
        if (isThere && (response.status === 404 || response.status === 403)) {
          return `The web hook is there. Whether ${room === '' ? 'its channel' : room} takes messages shows with the first.`
        }
        throw failure(response, now(), secrets)
      },
      close: () => http.close(),
    }
  },
}

function readSettings(config: ChannelConfig) {
  const read = new ChannelSettings(config, 'Mattermost')
  const url = read.url('webhookUrl', read.mandatorySecret('webhookUrl'), { allowHttp: read.yes('allowHttp') })
  if (url !== undefined && !/\/hooks\/[^/]+\/?$/.test(url.pathname)) {
    read.complain('the address of an incoming web hook ends in /hooks/ and its id')
  }
  // Mattermost knows channels by the name in their address.
  const room = read.text('channel')
  const username = read.text('username')
  read.done()
  const address = url ?? new URL('https://invalid.invalid/')
  return { url: address, room, username, secrets: [address.href, address.pathname.split('/').at(-1)] }
}

function idOf(response: HttpResponse): string {
  const id = jsonOf(response)?.['id']
  return typeof id === 'string' ? id : ''
}

function failure(response: HttpResponse, now: number, secrets: readonly (string | undefined)[]): NotifyError {
  const { status } = response
  if (status === 200) return new NotifyError('unknown', 'Mattermost: what answered 200 is not Mattermost.')
  const id = idOf(response)
  const message = jsonOf(response)?.['message']
  const known = Object.hasOwn(KINDS, id) ? KINDS[id] : undefined
  const kind = known ?? (status === 501 ? 'config' : undefined)
  const remedy = Object.hasOwn(REMEDIES, id) ? REMEDIES[id] : undefined
  return refused('Mattermost', response, now, {
    ...(kind === undefined ? {} : { kind }),
    detail: typeof message === 'string' ? message.replace(/\.\s*$/, '') : undefined,
    ...(remedy === undefined ? {} : { remedy }),
    secrets,
  })
}
