import type { Node, NodeAPI, NodeDef } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { systemClock } from '../../src/http/retry'
import { QualysClient } from '../../src/qualys/client'
import { type Api, endpointOf } from '../../src/qualys/endpoint'
import { platformOf } from '../../src/qualys/platforms'
import { httpClientFor } from '../shared/http'

export interface QualysAccountDef extends NodeDef {
  /** A platform's id, or `custom`: then `url` counts. */
  readonly platform?: string
  readonly url?: string
  readonly tls?: string
  readonly proxy?: string
  readonly pathLaunch?: string
  readonly pathList?: string
  readonly pathOptionProfiles?: string
  readonly pathAddresses?: string
  readonly pathIpv6Mappings?: string
}

export interface QualysCredentials {
  username?: string
  password?: string
}

/** What `qualys-scan` gets through `serviceOf`; absent while the account is not usable. */
export interface QualysAccountNode extends Node<QualysCredentials> {
  service?: QualysClient
  /** What the deployed client was made from: the stored password goes to no other place. */
  deployed?: { readonly base: string; readonly username: string; readonly password: string }
}

/** Throws `QUALYS_URL` or `QUALYS_CONFIG`. */
export function clientOf(
  RED: NodeAPI,
  config: Partial<QualysAccountDef>,
  login: Required<QualysCredentials>,
): QualysClient {
  const endpoint = endpointOf(baseOf(config), pathsOf(config))
  if (login.username === '' || login.password === '') {
    throw new OperatorError('QUALYS_CONFIG', 'User name or password of the Qualys account is missing.')
  }
  const http = httpClientFor(RED, { tls: config.tls, proxy: config.proxy })
  return new QualysClient({ endpoint, ...login, http, clock: systemClock })
}

export function baseOf({ platform, url }: Partial<QualysAccountDef>): string {
  return platformOf(text(platform))?.api ?? text(url)
}

function pathsOf(config: Partial<QualysAccountDef>): Partial<Record<Api, string>> {
  return {
    launch: text(config.pathLaunch),
    list: text(config.pathList),
    optionProfiles: text(config.pathOptionProfiles),
    addresses: text(config.pathAddresses),
    ipv6Mappings: text(config.pathIpv6Mappings),
  }
}

/** A flow file may hold anything. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
