import { describeError, OperatorError } from '../errors/operator-error'
import { fetchPage, firstPage, NEUTRON } from './neutron/paging'
import type { KeystoneSession, SessionIdentity } from './session'

/** What the dialog's connection test shows. */
export interface AccountTest extends SessionIdentity {
  readonly network: string
  /** What keeps this account from listing ports or floating IPs; empty if nothing does. */
  readonly problems: readonly string[]
}

/** Logs in, and asks for one port and one floating IP. @throws OperatorError if the login or the catalogue fails */
export async function testAccount(session: KeystoneSession): Promise<AccountTest> {
  const identity = await session.identity()
  const network = await session.endpoint(NEUTRON)
  const problems = (await failingLists(session)).map((thrown) => describeError(thrown))
  return { ...identity, network, problems }
}

/** Rejects while the cloud cannot answer. A refusal that will stay, such as a missing right, is an answer. */
export async function probeAccount(session: KeystoneSession): Promise<void> {
  await session.identity()
  for (const thrown of await failingLists(session)) {
    if (!(thrown instanceof OperatorError) || thrown.retryable) throw thrown
  }
}

async function failingLists(session: KeystoneSession): Promise<unknown[]> {
  const failures: unknown[] = []
  for (const collection of ['ports', 'floatingips']) {
    const listing = { collection, query: [['fields', 'id']], pageSize: 1 } as const
    try {
      await fetchPage(session, listing, firstPage(listing))
    } catch (thrown) {
      failures.push(thrown)
    }
  }
  return failures
}
