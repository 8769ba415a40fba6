import { type Hold, Holds } from './holds'
import type { Ordered } from './in-order'
import type { Delivery, Settlement, SettlementReason } from './service'
import { StandingErrors } from './standing-errors'
import type { SourceHost, TrackedSource } from './tracked-source'

/** One delivery from opening to settlement: how much is still open, what went wrong, what that amounts to. */
export class OpenDelivery implements Delivery, Ordered<OpenDelivery> {
  readonly token: string
  readonly source: TrackedSource
  readonly openedAt: number
  /** Deploys so far when it was opened. No node that has its messages can have been undeployed earlier. */
  readonly epoch: number
  readonly holds = new Holds()
  /** The holds, the announced wires, and one for the source until it has sent. */
  open = 1
  /** Its neighbours in the order of opening. */
  previous: OpenDelivery | undefined = undefined
  next: OpenDelivery | undefined = undefined
  /** Waits in the queue that looks again at zero. */
  queued: 'no' | 'yes' | 'again' = 'no'
  settled = false
  /** Something was sent with its token. */
  announced = false
  writes = 0
  /** A node that is no longer deployed had a hand in it: it ended well only by accident, so it is given back at zero. */
  doom: SettlementReason | undefined
  private readonly onSettled: (settlement: Settlement) => void
  private readonly host: Pick<SourceHost, 'sent' | 'zero'>
  private errors: StandingErrors | undefined
  private controller: AbortController | undefined
  private sourceHasSent = false

  constructor(
    source: TrackedSource,
    token: string,
    at: { now: number; epoch: number },
    onSettled: (settlement: Settlement) => void,
    host: Pick<SourceHost, 'sent' | 'zero'>,
  ) {
    this.source = source
    this.token = token
    this.openedAt = at.now
    this.epoch = at.epoch
    this.onSettled = onSettled
    this.host = host
  }

  sent(): void {
    if (this.sourceHasSent) return
    this.sourceHasSent = true
    this.host.sent(this)
    this.closeOne()
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  }

  get standingErrors(): StandingErrors {
    this.errors ??= new StandingErrors()
    return this.errors
  }

  /** Takes a hold away that sits in `holds`. */
  release(hold: Hold): void {
    this.holds.remove(hold)
    this.endWrite(hold)
    this.closeOne()
  }

  closeOne(): void {
    if (this.settled) return
    this.open -= 1
    if (this.open === 0) this.host.zero(this)
  }

  beginWrite(hold: Hold): void {
    hold.write = 'begun'
    this.writes += 1
  }

  /** After this the write counts no more, whatever came of it. */
  endWrite(hold: Hold): void {
    if (hold.write !== 'begun') return
    hold.write = 'none'
    this.writes -= 1
    this.source.writeEnded()
  }

  /** What a delivery with nothing open amounts to; undefined: only a hand can tell. */
  verdict(isAway: (nodeId: string) => boolean): Settlement | undefined {
    if (this.doom !== undefined) return { outcome: 'retry', reason: this.doom, countsAttempt: false }
    if (this.source.settledByHand) return undefined
    const standing = this.errors?.summary()
    if (standing === undefined) return { outcome: 'accepted' }
    if (standing.permanent) return { outcome: 'dead-letter', reason: standing.reason }
    return { outcome: 'retry', reason: standing.reason, countsAttempt: !standing.nodeIds.every(isAway) }
  }

  /** The last thing that happens to a delivery. Whoever still holds a copy is told to drop it first. */
  settle(settlement: Settlement): void {
    if (this.settled) return
    this.settled = true
    if (settlement.outcome !== 'accepted') this.controller?.abort(new DOMException(abortText(settlement), 'AbortError'))
    this.onSettled(settlement)
  }
}

function abortText(settlement: Exclude<Settlement, { outcome: 'accepted' }>): string {
  return `The delivery was taken back: ${settlement.reason.message}`
}
