/** What the state machine needs from its surroundings; tests own all of it. */
export interface Ports {
  readonly clock: Clock
  readonly runtime: Runtime
  /** A short random text, unlike any other in this process: the first part of a source's tokens. */
  readonly randomKey: () => string
  /** A listener of a source threw; the machine goes on. */
  readonly onFault: (thrown: unknown) => void
}

export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number
  setTimeout(callback: () => void, ms: number): Cancel
  /** After everything that the current turn of the event loop has set going. */
  setImmediate(callback: () => void): void
}

export type Cancel = () => void

/** What can be asked about the deployed flows. */
export interface Runtime {
  /** Is exactly this instance of the node deployed now? */
  isDeployed(nodeId: string, node: object): boolean
  /**
   * Why nothing arrived at a node: `running` (something else delays the message), `off` (disabled, or a wire to nowhere),
   * `failed` (it should run but its start failed).
   */
  destination(nodeId: string): 'running' | 'off' | 'failed'
  /** Does anything that the node sends reach anybody? */
  hasWires(nodeId: string): boolean
  /** For people: type, name and id. */
  describe(nodeId: string): string
}

/** A message on one wire: one object from the moment it is sent to the moment it is given to the receiver. */
export interface Wire {
  /** Replaced by a clone on its way where several wires leave an output. */
  msg: object
  readonly source: { readonly id: string; readonly node: object }
  readonly destination: { readonly id: string; node?: object | undefined }
}

/** One node instance that receives, completes or fails. */
export interface NodeInstance {
  readonly id: string
  readonly node: object
}

/** The token that a message carries, if it belongs to a delivery. */
export function tokenOf(message: object): string | undefined {
  const token = (message as { _delivery?: unknown })._delivery
  return typeof token === 'string' ? token : undefined
}
