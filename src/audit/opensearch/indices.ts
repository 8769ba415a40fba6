import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { Connection } from './connection'
import { members } from './failure'
import { CHAIN_MAPPING, CONTROL_MAPPING, EVENT_MAPPING, type IndexSettings, indexSettings, WINDOW } from './mapping'
import type { IndexNames } from './names'

const TIMEOUT_MS = 60_000

/** Makes the template and the indices, and knows which are there. */
export class Indices {
  readonly #connection: Connection
  readonly #names: IndexNames
  readonly #settings: IndexSettings
  readonly #patienceMs: number
  readonly #known = new Set<string>()

  constructor(connection: Connection, names: IndexNames, settings: IndexSettings, patienceMs: number) {
    this.#connection = connection
    this.#names = names
    this.#settings = settings
    this.#patienceMs = patienceMs
  }

  async install(): Promise<void> {
    const legacy = await this.#isBeforeComposableTemplates()
    await this.#putTemplate(legacy)
    await this.#create(this.#names.chain, { settings: indexSettings(this.#settings), mappings: CHAIN_MAPPING })
    await this.#create(this.#names.control, { settings: indexSettings(this.#settings), mappings: CONTROL_MAPPING })
    await this.#bringUpToDate()
  }

  /** Makes the index of a month, unless it is there. */
  async ensure(index: string): Promise<void> {
    if (this.#known.has(index)) return
    await this.#create(index, this.#eventIndex())
    this.#known.add(index)
  }

  /** Of an index that somebody has removed while it was in use. */
  async makeAgain(index: string): Promise<void> {
    this.#known.delete(index)
    await this.ensure(index)
  }

  #eventIndex(): object {
    return {
      settings: indexSettings(this.#settings),
      mappings: EVENT_MAPPING,
      aliases: { [this.#names.events]: {} },
    }
  }

  async #create(index: string, body: object): Promise<void> {
    const answer = await this.#connection.ask({
      method: 'PUT',
      path: `/${index}`,
      json: body,
      allow: [400],
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
    if (answer.status !== 400) return
    const { type, reason } = members(members(answer.body)['error'])
    if (type === 'resource_already_exists_exception') return
    throw new OperatorError('AUDIT_STORE_REFUSED', `The index ${index} cannot be made: ${quote(String(reason), 300)}.`)
  }

  /** So that an index that appears in another way than ours has the mapping too. */
  async #putTemplate(legacy: boolean): Promise<void> {
    const name = `${this.#names.prefix}-events`
    const index_patterns = [`${this.#names.prefix}-*.*`]
    const body = legacy
      ? { index_patterns, order: 500, ...this.#eventIndex() }
      : { index_patterns, priority: 500, template: this.#eventIndex() }
    await this.#ask('PUT', legacy ? `/_template/${name}` : `/_index_template/${name}`, body)
  }

  /** Indices that an older version of this package made lack the fields that came later; fields are only ever added. */
  async #bringUpToDate(): Promise<void> {
    const path = `/${this.#names.events}/_mapping?ignore_unavailable=true&allow_no_indices=true`
    // Without the pattern it is a question for all indices of the cluster, which may be nobody's business.
    const there = await this.#connection.ask({
      method: 'GET',
      path: `/${this.#names.prefix}-*/_alias/${this.#names.events}`,
      allow: [404],
      ...this.#how(),
    })
    if (there.status === 404) return
    for (const index of Object.keys(members(there.body))) this.#known.add(index)
    await this.#ask('PUT', path, EVENT_MAPPING)
    const window = { index: { max_result_window: WINDOW } }
    await this.#ask('PUT', path.replace('/_mapping?', '/_settings?'), window)
  }

  /** `_index_template` came with Elasticsearch 7.8; every OpenSearch has it. */
  async #isBeforeComposableTemplates(): Promise<boolean> {
    const { body, status } = await this.#connection.ask({ method: 'GET', path: '/', allow: [403, 404], ...this.#how() })
    // Who may not see the version may still write; hosted ones hide it.
    if (status !== 200) return false
    const version = members(members(body)['version'])
    const [major = 0, minor = 0] = String(version['number'] ?? '')
      .split('.')
      .map(Number)
    if (version['distribution'] === 'opensearch') return false
    if (version['number'] === undefined || major < 7) {
      const told =
        version['number'] === undefined ? 'tells no version' : `is version ${quote(String(version['number']), 30)}`
      throw new OperatorError('AUDIT_STORE_REFUSED', `What answers ${told}.`, {
        remedy: 'OpenSearch from 1 and Elasticsearch from 7 on can keep the trail.',
      })
    }
    return major === 7 && minor < 8
  }

  #how() {
    return { patienceMs: this.#patienceMs, timeoutMs: TIMEOUT_MS }
  }

  async #ask(method: 'PUT', path: string, json: object): Promise<void> {
    await this.#connection.ask({ method, path, json, ...this.#how() })
  }
}
