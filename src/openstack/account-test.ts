import { describeError } from '../errors/operator-error'
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
  const problems: string[] = []
  for (const collection of ['ports', 'floatingips']) {
    const listing = { collection, query: [['fields', 'id']], pageSize: 1 } as const
    try {
      await fetchPage(session, listing, firstPage(listing))
    } catch (thrown) {
      problems.push(describeError(thrown))
    }
  }
  return { ...identity, network, problems }
}
