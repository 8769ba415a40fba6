/** What `qualys-scan` did with a message; in `msg.scan`. */
export interface Scan {
  /** Correlation key: also ends the scan's title at Qualys. */
  readonly key: string
  readonly title: string
  readonly status: ScanStatus
  readonly launches: readonly ScanLaunch[]
}

/** `refused`: Qualys said no for good; `not-needed`: nothing to scan; `dry-run`: nothing was sent. */
export type ScanStatus = 'launched' | 'partial' | 'refused' | 'not-needed' | 'dry-run'

/** One launch call: the targets are cut into chunks, each with a reference of its own. */
export interface ScanLaunch {
  readonly status: 'launched' | 'possibly-duplicated' | 'refused' | 'dry-run'
  /** e.g. `scan/1795168805.34567` */
  readonly reference?: string
  readonly scanner: string
  readonly addresses: readonly string[]
  readonly code?: string
  readonly message?: string
}

/** `msg.payload` of an audit record (second output): one per change and address. */
export interface AuditRecord {
  readonly change: string
  readonly rule?: unknown
  readonly address: string | null
  readonly scan: string | null
  readonly status: 'scanned' | 'not-scanned' | 'refused' | 'incomplete' | 'dry-run' | 'possibly-duplicated'
  readonly code?: string
  readonly message: string
}
