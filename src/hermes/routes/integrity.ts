import type { Checkpoint, Finding, VerifyReport } from '../../audit/chain/model'
import type { AuditStore } from '../../audit/store'
import { describeError, OperatorError } from '../../errors/operator-error'
import { type Answer, jsonAnswer } from '../answer'
import type { KnownCall, KnownRoute } from '../model'
import { recordRead } from '../record-read'
import { readingOfAll } from '../scope'

interface Verification {
  readonly startedAt: string
  endedAt?: string
  report?: VerifyReport
  trouble?: string
}

/** The last of each store; reading millions of rows twice at a time helps nobody. */
const verifications = new WeakMap<AuditStore, Verification>()

/** The end of the chain, to be kept elsewhere, and what the last verification found. */
export const integrity: KnownRoute = async (call, { cloud }): Promise<Answer> =>
  jsonAnswer(200, await documentOf(call, cloud))

/** Begins a verification, unless one is under way. */
export const verify: KnownRoute = async (call, { cloud, clock = Date }): Promise<Answer> => {
  const { store } = call.trail
  const now = () => new Date(clock.now()).toISOString()
  const known = verifications.get(store)
  if (known === undefined || known.endedAt !== undefined) {
    const begun: Verification = { startedAt: now() }
    verifications.set(store, begun)
    store.verify([]).then(
      (report) => {
        begun.report = report
        begun.endedAt = now()
      },
      (thrown: unknown) => {
        begun.trouble = describeError(thrown)
        begun.endedAt = now()
      },
    )
  }
  return jsonAnswer(202, await documentOf(call, cloud))
}

async function documentOf(call: KnownCall, cloud: string): Promise<unknown> {
  const { store } = call.trail
  const end = await endOf(store)
  const { startedAt, endedAt, report, trouble } = verifications.get(store) ?? {}
  if (startedAt === undefined) return end
  const verification = {
    running: endedAt === undefined,
    started_at: startedAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(report === undefined ? {} : { report: await shown(report, call, cloud) }),
    ...(trouble === undefined ? {} : { trouble }),
  }
  return { ...end, verification }
}

/** A report names events of anybody: who reads it is on record. Where that cannot be, it tells the places, and names none. */
async function shown(report: VerifyReport, call: KnownCall, cloud: string): Promise<VerifyReport> {
  try {
    await recordRead(call, readingOfAll(cloud), 'read')
    return report
  } catch (thrown) {
    if (isReadable(thrown)) return { ...report, findings: report.findings.map(withoutNames) }
    throw thrown
  }
}

function withoutNames({ kind, writer, position, to }: Finding): Finding {
  const place = to === undefined ? `Row ${position}` : `Rows ${position} to ${to}`
  const text = `${place}: ${kind}. Events are not named, as the store cannot put on record who reads this.`
  return { kind, writer, position, ...(to === undefined ? {} : { to }), text }
}

/** What cannot be written to can still be verified, and should be then. */
const READABLE: ReadonlySet<string> = new Set(['AUDIT_STORE_DAMAGED', 'AUDIT_STORE_FULL'])

async function endOf(store: AuditStore): Promise<{ checkpoint: Checkpoint } | { checkpoint_trouble: string }> {
  try {
    return { checkpoint: await store.checkpoint() }
  } catch (thrown) {
    if (isReadable(thrown)) return { checkpoint_trouble: thrown.code }
    throw thrown
  }
}

function isReadable(thrown: unknown): thrown is OperatorError {
  return thrown instanceof OperatorError && READABLE.has(thrown.code)
}
