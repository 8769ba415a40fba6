import { answerDate } from '../http/answer-date'
import type { HttpResponse } from '../http/client'
import { decodeCatalog, type Endpoint } from './catalog'
import { keystoneTime } from './keystone-time'
import { isRecord, jsonObject, OpenStackError } from './openstack-error'

export interface Token {
  /** The secret itself: goes into `X-Auth-Token` and nowhere else. */
  readonly value: string
  /** By this machine's clock, ms since 1970. */
  readonly expiresAt: number
  /** From here on a new one is fetched, ms since 1970. */
  readonly renewAt: number
  readonly catalog: readonly Endpoint[]
  readonly identity: TokenIdentity
  /** Server's clock minus ours in ms, if the answer carried a Date; its resolution is one second. */
  readonly clockSkewMs: number | undefined
}

/** Whom Keystone takes us for; shown by the connection test. */
export interface TokenIdentity {
  readonly user: string
  readonly project: string | undefined
  readonly projectId: string | undefined
  readonly roles: readonly string[]
}

const LEAST_MARGIN_MS = 60_000

/**
 * Reads the answer to a login. The life time is reckoned from the server's own clock (`Date`, else `issued_at`), so that a
 * clock that is wrong here neither uses dead tokens nor logs in for every request.
 */
export function decodeToken(response: HttpResponse, now: number): Token {
  const what = 'Keystone (login)'
  const value = response.headers['x-subject-token']
  const body = jsonObject(what, response)['token']
  if (value === undefined || value === '' || !isRecord(body)) {
    throw new OpenStackError('KEYSTONE_ANSWER', `${what} answered without a token.`, { retryable: true })
  }
  const expires = keystoneTime(body['expires_at'])
  if (expires === undefined) {
    throw new OpenStackError('KEYSTONE_ANSWER', `${what} answered a token without expires_at.`, { retryable: true })
  }
  const date = answerDate(response)
  const lifeMs = Math.max(0, expires - (date ?? keystoneTime(body['issued_at']) ?? now))
  // Tokens that live for a minute or two would otherwise be renewed before every single request.
  const marginMs = Math.min(Math.max(LEAST_MARGIN_MS, lifeMs / 10), lifeMs / 2)
  return {
    value,
    expiresAt: now + lifeMs,
    renewAt: now + lifeMs - marginMs,
    catalog: decodeCatalog(body['catalog']),
    identity: {
      user: nameOf(body['user']) ?? 'unknown',
      project: nameOf(body['project']),
      projectId:
        isRecord(body['project']) && typeof body['project']['id'] === 'string' ? body['project']['id'] : undefined,
      roles: Array.isArray(body['roles']) ? body['roles'].flatMap((role) => nameOf(role) ?? []) : [],
    },
    clockSkewMs: date === undefined ? undefined : date - now,
  }
}

function nameOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined
  const name = value['name'] ?? value['id']
  return typeof name === 'string' ? name : undefined
}
