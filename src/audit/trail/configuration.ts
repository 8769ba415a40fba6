import { isDeepStrictEqual } from 'node:util'
import { describeError, OperatorError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Configuration } from '../model'
import type { AuditStore } from '../store'
import type { AuditTrail, OwnEvent } from '../trail'
import { OWN_OBSERVER } from './own-events'

export interface ConfiguredOptions {
  readonly store: Pick<AuditStore, 'configuration' | 'setConfiguration'>
  readonly tell: AuditTrail['tell']
  readonly cloud: string
  /** That holds from now on. */
  readonly configuration: Configuration
  readonly timers: Timers
  readonly onNotice: (text: string) => void
}

const AGAIN_MS = 60_000

/**
 * Compares what the operator configured with what the store remembers, tells of a change in an event, and remembers it. Never rejects:
 * where the store cannot take it now, that is said once and tried again each minute; else it is the next opening's matter.
 */
export async function tellOfConfiguration(options: ConfiguredOptions): Promise<{ stop(): Promise<void> }> {
  const { store, configuration, timers, onNotice } = options
  let stopped = false
  let cancel = () => {}
  let isTold = false
  let underWay = attempt()
  await underWay
  return {
    stop() {
      stopped = true
      cancel()
      return underWay
    },
  }

  async function attempt(again = false): Promise<void> {
    try {
      const before = await store.configuration()
      if (before !== undefined && isDeepStrictEqual(before, configuration)) return
      // First the event, as with tenants' settings: rather one too many than a change that nothing tells of.
      if (before !== undefined && !isTold && hasChanged(before, configuration))
        await options.tell(changeOf(before, options))
      isTold = true
      await store.setConfiguration(configuration)
    } catch (thrown) {
      if (!again) {
        onNotice(`What changed in the configuration of the audit store is not on record yet: ${describeError(thrown)}`)
      }
      if (stopped || !(thrown instanceof OperatorError && thrown.retryable)) return
      cancel = timers.after(AGAIN_MS, () => {
        underWay = attempt(true)
      })
    }
  }
}

/** What an earlier version did not remember yet was not changed by anybody. */
function hasChanged(before: Configuration, now: Configuration): boolean {
  return Object.entries(before).some(([name, value]) => !isDeepStrictEqual(value, now[name]))
}

/** Who deployed it is not known here; it is this package that found it changed. Concerns no tenant more than others. */
function changeOf(before: Configuration, { cloud, configuration }: ConfiguredOptions): OwnEvent {
  return {
    action: 'update/settings',
    outcome: 'success',
    initiator: OWN_OBSERVER,
    target: { id: OWN_OBSERVER.id, typeURI: 'data/audit/store', name: `audit store of ${cloud}` },
    tenants: [],
    attachments: [
      { typeURI: 'mime:application/json', name: 'before', content: before },
      { typeURI: 'mime:application/json', name: 'after', content: configuration },
    ],
  }
}
