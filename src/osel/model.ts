/** What osel's configuration means for the nodes of the main example. */
export interface OselImport {
  /** Properties to set, by node type. */
  readonly settings: Readonly<Partial<Record<FilledType, Readonly<Record<string, unknown>>>>>
  /** Secrets and what belongs to them, by node type; they go into the nodes' credentials. */
  readonly credentials: Readonly<Partial<Record<FilledType, Readonly<Record<string, string>>>>>
  /** One for each key of the file and for each that is missing. No note holds a secret. */
  readonly notes: readonly OselNote[]
}

export type FilledType =
  | 'openstack-bus-config'
  | 'keystone-config'
  | 'qualys-config'
  | 'http proxy'
  | 'cadf-batch'
  | 'qualys-scan'
  | 'syslog-out'

export interface OselNote {
  /** Dotted, as osel's documentation writes it: `qualys.drop6`. */
  readonly key: string
  readonly verdict: OselVerdict
  readonly text: string
}

/**
 * `taken`: means the same here; `changed`: taken over with another meaning; `no-meaning`: nothing here corresponds to it;
 * `unreadable`: not taken over, enter it by hand; `missing`: not in the file, enter it by hand.
 */
export type OselVerdict = 'taken' | 'changed' | 'no-meaning' | 'unreadable' | 'missing'
