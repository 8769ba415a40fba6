import type { Call, QualysClient } from './client'
import { child, children, textAt } from './xml'

/** One scan as Qualys lists it. */
export interface ListedScan {
  readonly reference: string
  readonly title: string
  /** e.g. `Queued`, `Running`, `Finished`; absent if Qualys did not say. */
  readonly state?: string
  /** ISO 8601 */
  readonly launchedAt?: string
  /** Ranges as Qualys shows them. */
  readonly target?: string
}

/** Scans launched after a time, the newest answer of Qualys; there is no filter by title. */
export async function listScans(
  client: QualysClient,
  launchedAfter: Date,
  options: Pick<Call, 'signal' | 'onWait'> = {},
): Promise<ListedScan[]> {
  const root = await client.read({
    ...options,
    api: 'list',
    params: { action: 'list', launched_after_datetime: qualysTime(launchedAfter) },
  })
  return children(child(root, 'RESPONSE', 'SCAN_LIST'), 'SCAN').flatMap((scan) => {
    const reference = textAt(scan, 'REF')
    if (reference === undefined) return []
    const state = textAt(scan, 'STATUS', 'STATE')
    const launchedAt = textAt(scan, 'LAUNCH_DATETIME')
    const target = textAt(scan, 'TARGET')
    return [
      {
        reference,
        title: textAt(scan, 'TITLE') ?? '',
        ...(state === undefined ? {} : { state }),
        ...(launchedAt === undefined ? {} : { launchedAt }),
        ...(target === undefined ? {} : { target }),
      },
    ]
  })
}

/** UTC without fractions: `2026-11-20T10:00:04Z`. */
function qualysTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
