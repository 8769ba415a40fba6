/** What `qualys-scan` did with a message; in `msg.scan`. */
export interface Scan {
  /** Correlation key: also ends the scan's title at Qualys, followed by `/<part>` where there are several launches. */
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
  /** IPv4 addresses as Qualys got them; for a mapped IPv6 address the one that stands for it. */
  readonly addresses: readonly string[]
  readonly code?: string
  readonly message?: string
  /** ISO 8601: when the outcome was known. */
  readonly at?: string
}

/** `msg.payload` of an audit record (second output): one per change and address. */
export interface AuditRecord {
  /** Kind of the change, e.g. `sg_rule_add`; the event type for an event that changes no exposure. */
  readonly change: string
  readonly rule?: unknown
  readonly address: string | null
  /** Qualys' reference. */
  readonly scan: string | null
  readonly status: 'scanned' | 'not-scanned' | 'refused' | 'incomplete' | 'dry-run' | 'possibly-duplicated'
  /** Qualys' code or one of ours, e.g. `1905`, `PRIVATE_NO_APPLIANCE`. */
  readonly code?: string
  readonly message: string
  /** Why the addresses of the change are not known to be all. */
  readonly incomplete?: string
  /** The IPv4 address that stands for an IPv6 `address` at Qualys. */
  readonly scannedAs?: string
}
