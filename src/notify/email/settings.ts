import type { TlsOptions } from '../../http/undici-client'
import type { ChannelConfig, ChannelTools } from '../channel'
import { ChannelSettings } from '../channel-settings'
import { type MailAddress, MOST_RECIPIENTS, parseAddress, splitAddresses } from './addresses'

export interface EmailSettings {
  readonly host: string
  readonly port: number
  /** `starttls`: refused where the server does not offer it; `tls`: from the first byte; `none`: nothing is encrypted. */
  readonly security: 'starttls' | 'tls' | 'none'
  readonly tls: TlsOptions | undefined
  readonly login: EmailLogin
  /** Said with EHLO; undefined: the machine's name. */
  readonly helo: string | undefined
  readonly idleMs: number
  readonly from: MailAddress
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly replyTo: MailAddress | undefined
}

export type EmailLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** A token that somebody else keeps fresh. */
  | { readonly kind: 'token'; readonly user: string; readonly token: string }
  | ({ readonly kind: 'refresh' } & OAuthClient)

/** An OAuth 2.0 client that fetches access tokens: with a refresh token, or in its own name (client credentials). */
export interface OAuthClient {
  readonly user: string
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly refreshToken: string | undefined
  readonly scope: string
}

const PORTS = { starttls: 587, tls: 465, none: 25 }
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?|[0-9a-f:.]+)$/i
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i

/** @throws OperatorError NOTIFY_CONFIG */
export function readEmailSettings(config: ChannelConfig, tools: ChannelTools): EmailSettings {
  const read = new ChannelSettings(config, 'Mail')
  const host = read.mandatory('host').replace(/^\[(.*)\]$/, '$1')
  if (host !== '' && !HOST.test(host)) read.complain('"host" is no name or address of a server')
  const security = read.oneOf('security', ['starttls', 'tls', 'none'], 'starttls')
  if (security === 'none' && host !== '' && !LOOPBACK.test(host) && !read.yes('allowPlain')) {
    read.complain('without TLS only this machine is spoken to, unless "allowPlain" is ticked')
  }
  const helo = read.text('helo')
  if (helo !== '' && !/^[A-Za-z0-9.-]{1,255}$|^\[[0-9A-Fa-f:.]+\]$/.test(helo))
    read.complain('"helo" is no name of a host')
  const settings = {
    host,
    port: read.whole('port', PORTS[security], 1, 65_535),
    security,
    login: readLogin(read),
    helo: helo === '' ? undefined : helo,
    idleMs: read.whole('idle', 30, 0, 240) * 1000,
    from: one(read, 'from', read.mandatory('from')) ?? { name: '', address: '' },
    to: several(read, 'to', read.mandatory('to')),
    cc: several(read, 'cc', read.text('cc')),
    replyTo: one(read, 'replyTo', read.text('replyTo')),
  }
  if (settings.to.length + settings.cc.length > MOST_RECIPIENTS) {
    read.complain(`"to" and "cc" name more than ${MOST_RECIPIENTS} recipients: use a mailing list`)
  }
  read.done()
  return { ...settings, tls: security === 'none' ? undefined : tools.tls?.() }
}

function readLogin(read: ChannelSettings): EmailLogin {
  const kind = read.oneOf('auth', ['none', 'password', 'token', 'refresh'], 'password')
  if (kind === 'none') return { kind }
  const user = read.mandatory('user')
  if (kind === 'password') return { kind, user, password: read.mandatorySecret('password') }
  if (kind === 'token') return { kind, user, token: read.mandatorySecret('accessToken') }
  const refreshToken = read.secret('refreshToken')
  const clientSecret = read.secret('clientSecret')
  if (refreshToken === undefined && clientSecret === undefined) {
    read.complain('the credential "refreshToken" or "clientSecret" is missing')
  }
  const tokenUrl = read.url('tokenUrl', read.mandatory('tokenUrl'))
  const clientId = read.mandatory('clientId')
  return { kind, user, tokenUrl: tokenUrl?.href ?? '', clientId, clientSecret, refreshToken, scope: read.text('scope') }
}

function one(read: ChannelSettings, name: string, text: string): MailAddress | undefined {
  if (text === '') return undefined
  const address = parseAddress(text)
  return address ?? read.complain(`"${name}" is no mail address: ${text}`)
}

function several(read: ChannelSettings, name: string, text: string): MailAddress[] {
  const found = new Map<string, MailAddress>()
  for (const part of splitAddresses(text)) {
    const address = parseAddress(part)
    if (address === undefined) read.complain(`"${name}" holds what is no mail address: ${part}`)
    else found.set(address.address.toLowerCase(), address)
  }
  if (text !== '' && found.size === 0) read.complain(`"${name}" holds no mail address`)
  return [...found.values()]
}
