/** The journal's row of one launch. */
export type LaunchRecord = About &
  (
    | { readonly state: 'ready'; readonly unclear: number }
    /** Being sent: found so after a crash, nobody knows whether it was. */
    | { readonly state: 'sending'; readonly unclear: number; readonly at: string }
    | {
        readonly state: 'launched'
        readonly reference: string
        readonly at: string
        /** Sent a second time after the first had no clear answer. */
        readonly duplicated: boolean
        readonly message?: string
      }
    | {
        readonly state: 'refused'
        readonly code: string
        readonly message: string
        readonly at: string
        /** For its addresses: others of the same launch may be scanned. */
        readonly addresses: boolean
      }
  )

interface About {
  readonly title: string
  readonly scanner: string
  readonly targets: string
}

/**
 * Reads a row back. A row that cannot be read counts as being sent: a search costs two minutes, forgetting a launch
 * costs a second scan.
 */
export function readLaunchRecord(value: unknown): LaunchRecord | undefined {
  if (value === undefined) return undefined
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  switch (fields['state']) {
    case 'ready':
    case 'sending':
      if (typeof fields['unclear'] === 'number') return fields as unknown as LaunchRecord
      break
    case 'launched':
      if (typeof fields['reference'] === 'string') return fields as unknown as LaunchRecord
      break
    case 'refused':
      if (typeof fields['code'] === 'string') return fields as unknown as LaunchRecord
  }
  return { state: 'sending', unclear: 0, at: new Date(0).toISOString(), title: '', scanner: '', targets: '' }
}
