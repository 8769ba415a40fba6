import { createHash } from 'node:crypto'
import { firstValue } from '../audit/query/parameters'
import { ApiFailure, asFailure, forbidden, unavailable } from './failure'
import type { Call, HermesOptions, KnownCall } from './model'
import { countedAs } from './page/peer'
import { rateLimiter } from './rate-limit'
import { readingOf, variablesOf } from './scope'

export interface Caller {
  readonly call: Call
  /** Of the header; empty: none. */
  readonly token: string
  /** Of the policy. */
  readonly rule: string
  readonly cost: number
}

/** What a request without a good token takes from its address's bucket: such requests are few, or an attack on Keystone. */
const COST_OF_REFUSAL = 5

/** Lets a request in that has a valid token, may do what it asks for, and is not one too many. @throws ApiFailure */
export function callerGate(options: HermesOptions): (caller: Caller) => Promise<KnownCall> {
  const { tokens, policy, cloud, rate, clock = Date } = options
  const limiter = rate === undefined ? undefined : rateLimiter(rate, () => clock.now())
  const pay = (key: string, cost: number) => {
    const waitMs = limiter?.take(key, cost)
    if (waitMs !== undefined) throw tooMany(waitMs)
  }

  return async ({ call, token, rule, cost }) => {
    const address = `address ${countedAs(call.address)}`
    const known = token !== '' && tokens.knows(token)
    // A token that is not known to be good is nobody's yet: guessing many must not open many buckets.
    pay(known ? `token ${hashOf(token)}` : address, known ? cost : token === '' ? COST_OF_REFUSAL : cost)
    if (token === '') throw new ApiFailure(401, 'NO_TOKEN', 'The request has no X-Auth-Token.')
    const verdict = await tokens.check(token).catch((thrown: unknown) => {
      throw keystoneAway(thrown)
    })
    if (!verdict.valid) {
      if (!known) limiter?.take(address, COST_OF_REFUSAL)
      throw new ApiFailure(401, 'BAD_TOKEN', 'The token is not valid, or not any more.')
    }
    const { facts } = verdict
    const asked = {
      facts,
      projectId: firstValue(call.parameters, 'project_id') ?? '',
      domainId: firstValue(call.parameters, 'domain_id') ?? '',
    }
    const variables = { ...call.members, ...variablesOf(asked) }
    const demand = (wanted: string) => {
      if (!policy.allows(wanted, facts, variables))
        throw forbidden('NOT_ALLOWED', `The policy's rule ${wanted} denies it.`)
    }
    demand(rule)
    const { trail } = options
    if (trail === undefined)
      throw unavailable('NO_STORE', 'The audit store is not available now.', undefined, undefined)
    return { ...call, facts, token, trail, demand, reading: () => readingOf(policy, cloud, asked) }
  }
}

function keystoneAway(thrown: unknown): ApiFailure {
  const failure = asFailure(thrown)
  if (failure.code === 'KEYSTONE_AWAY') return failure
  return unavailable('KEYSTONE_AWAY', 'The token cannot be checked now.', undefined, thrown)
}

function tooMany(waitMs: number): ApiFailure {
  return new ApiFailure(429, 'TOO_MANY_REQUESTS', 'There were too many requests.', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
