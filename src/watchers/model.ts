import type { FlowNode } from '../osel/fill'
import type { OselNote } from '../osel/model'

export type { FlowNode } from '../osel/fill'

/** What became of a key, as in the import of osel's configuration: the editor shows both in one dialog. */
export type WatchersNote = OselNote
export type Verdict = WatchersNote['verdict']

/** A configuration of pretty-cool-events as a flow. */
export interface WatchersImport {
  /** Wired, with new ids; no secret in it. */
  readonly flow: readonly FlowNode[]
  /** By node id; for the editor to put into the nodes' credentials. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** One for each key of the file and for each that is missing. No note holds a secret. */
  readonly notes: readonly WatchersNote[]
}

/** A node that a plugin becomes, before it has an id. Two actions with the same one share the node. */
export interface PlannedNode {
  readonly type: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly credentials?: Readonly<Record<string, string>>
  /** Behind it, e.g. the file that a line goes to. */
  readonly next?: PlannedNode
  /** A config node that the setting of this name is to hold the id of. */
  readonly uses?: Readonly<Record<string, PlannedNode>>
}
