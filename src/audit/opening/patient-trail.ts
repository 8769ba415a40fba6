import { describeError, OperatorError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Checkpoint } from '../chain/model'
import type { AuditStore } from '../store'
import type { AuditTrail } from '../trail'

export interface PatientOptions {
  /** Called again after a while where it rejects with an error that is retryable. */
  readonly open: () => Promise<AuditTrail>
  readonly timers: Timers
  /** For people, once for each different trouble with opening. */
  readonly onTrouble?: (error: OperatorError) => void
  readonly retryMs?: number
}

const RETRY_MS = 5000
/** What was handed over before the close may still become durable. */
const CLOSE_WITHIN_MS = 5000

/**
 * A trail that can be used at once, though opening it takes time. Whoever asks while it is only slow to open waits; with
 * trouble it is told, and opening is tried again where that can help. `onTrouble` of the trail tells `AUDIT_STORE_OPENING` before
 * it is open.
 */
export function patientTrail(options: PatientOptions): AuditTrail {
  return new PatientTrail(options)
}

/** One that can never be opened: everything is refused with the error. */
export function refusingTrail(error: OperatorError): AuditTrail {
  return new PatientTrail({ open: () => Promise.reject(error), timers: NEVER })
}

const NEVER: Timers = { now: () => 0, after: () => () => {} }

class PatientTrail implements AuditTrail {
  readonly store: AuditStore
  readonly #options: PatientOptions
  #trail: AuditTrail | undefined
  #trouble: OperatorError | undefined
  #attempt: Promise<void>
  #told: string | undefined
  #cancelRetry: () => void = () => {}
  #closing: Promise<void> | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #troubleListeners = new Set<(trouble: Error | undefined) => void>()
  readonly #whenOpen = new Set<(trail: AuditTrail) => void>()

  constructor(options: PatientOptions) {
    this.#options = options
    this.store = patientStore(() => this.#ready())
    this.#attempt = this.#open()
  }

  keep: AuditTrail['keep'] = (occurrences) => {
    // Without a detour once it is open: this is the path of every event.
    const kept = this.#trail === undefined ? this.#use((trail) => trail.keep(occurrences)) : this.#keep(occurrences)
    this.#underWay.add(kept)
    const ended = () => this.#underWay.delete(kept)
    kept.then(ended, ended)
    return kept
  }

  settings: AuditTrail['settings'] = (tenant) => this.#use((trail) => trail.settings(tenant))
  changeSettings: AuditTrail['changeSettings'] = (tenant, change, by) =>
    this.#use((trail) => trail.changeSettings(tenant, change, by))
  tell: AuditTrail['tell'] = (own) => this.#use((trail) => trail.tell(own))

  onCheckpoint(listener: (checkpoint: Checkpoint) => void): () => void {
    return this.#subscribe((trail) => trail.onCheckpoint(listener))
  }

  onTrouble(listener: (trouble: Error | undefined) => void): () => void {
    const stop = this.#subscribe((trail) => {
      this.#troubleListeners.delete(listener)
      return trail.onTrouble(listener)
    })
    if (this.#trail === undefined) {
      this.#troubleListeners.add(listener)
      listener(this.#trouble ?? opening())
    }
    return () => {
      this.#troubleListeners.delete(listener)
      stop()
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #keep(occurrences: Parameters<AuditTrail['keep']>[0]): ReturnType<AuditTrail['keep']> {
    if (this.#closing !== undefined || this.#trail === undefined) return Promise.reject(closed())
    return this.#trail.keep(occurrences)
  }

  async #use<T>(ask: (trail: AuditTrail) => Promise<T>): Promise<T> {
    return ask(await this.#ready())
  }

  async #ready(): Promise<AuditTrail> {
    if (this.#trail === undefined && this.#trouble === undefined) await this.#attempt
    if (this.#closing !== undefined) throw closed()
    if (this.#trail === undefined) throw this.#trouble ?? closed()
    return this.#trail
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    try {
      const trail = await this.#options.open()
      this.#trouble = undefined
      this.#told = undefined
      this.#trail = trail
      for (const wanting of [...this.#whenOpen]) wanting(trail)
      this.#whenOpen.clear()
    } catch (thrown) {
      const error = ofTheStore(thrown)
      this.#trouble = error
      if (this.#closing !== undefined) return
      for (const listener of this.#troubleListeners) listener(error)
      if (this.#told !== error.message) this.#options.onTrouble?.(error)
      this.#told = error.message
      if (!error.retryable) return
      const { timers, retryMs = RETRY_MS } = this.#options
      this.#cancelRetry = timers.after(retryMs, () => {
        this.#attempt = this.#open()
      })
    }
  }

  #subscribe(begin: (trail: AuditTrail) => () => void): () => void {
    if (this.#trail !== undefined) return begin(this.#trail)
    let stop: (() => void) | undefined
    const wanting = (trail: AuditTrail) => {
      stop = begin(trail)
    }
    this.#whenOpen.add(wanting)
    return () => {
      this.#whenOpen.delete(wanting)
      stop?.()
    }
  }

  async #close(): Promise<void> {
    this.#cancelRetry()
    await this.#attempt
    const ended = Promise.allSettled([...this.#underWay])
    const cancel = { now: () => {} }
    const late = new Promise<void>((resolve) => {
      const stop = this.#options.timers.after(CLOSE_WITHIN_MS, resolve)
      cancel.now = stop
    })
    await Promise.race([ended, late])
    cancel.now()
    await this.#trail?.close()
  }
}

function patientStore(ready: () => Promise<AuditTrail>): AuditStore {
  const store = async () => (await ready()).store
  return {
    insert: async (records) => (await store()).insert(records),
    awaiting: async (after, limit) => (await store()).awaiting(after, limit),
    fillIn: async (fillings) => (await store()).fillIn(fillings),
    list: async (request) => (await store()).list(request),
    count: async (filter) => (await store()).count(filter),
    distinct: async (request) => (await store()).distinct(request),
    histogram: async (request) => (await store()).histogram(request),
    get: async (scope, id) => (await store()).get(scope, id),
    export: (request) => ({
      async *[Symbol.asyncIterator]() {
        yield* (await store()).export(request)
      },
    }),
    deleteBefore: async (time, what) => (await store()).deleteBefore(time, what),
    deleteDownTo: async (bytes) => (await store()).deleteDownTo(bytes),
    settings: async () => (await store()).settings(),
    setSettings: async (tenant, settings) => (await store()).setSettings(tenant, settings),
    configuration: async () => (await store()).configuration(),
    setConfiguration: async (configuration) => (await store()).setConfiguration(configuration),
    checkpoint: async () => (await store()).checkpoint(),
    verify: async (known, options) => (await store()).verify(known, options),
    size: async () => (await store()).size(),
    close: async () => (await store()).close(),
  }
}

function opening(): OperatorError {
  return new OperatorError('AUDIT_STORE_OPENING', 'The audit store is being opened.', { retryable: true })
}

function closed(): OperatorError {
  return new OperatorError('AUDIT_STORE_CLOSED', 'The audit store is closed.', { retryable: true })
}

/** Whoever waits to store something must see that it is the store, and not the event. */
function ofTheStore(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError && thrown.code.startsWith('AUDIT_STORE_')) return thrown
  return new OperatorError('AUDIT_STORE_REFUSED', `The audit store cannot be opened: ${describeError(thrown)}`, {
    retryable: thrown instanceof OperatorError && thrown.retryable,
    cause: thrown,
  })
}
