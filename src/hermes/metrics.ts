/** Upper bounds of buckets, as the Prometheus client libraries have them for durations in seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Bytes; Hermes' own. */
const SMALL_SIZES = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
const SIZES = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

interface Series {
  readonly counts: number[]
  sum: number
  count: number
}

/** A histogram with labels, of Prometheus' text format. */
class Histogram {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Series>()

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name
    this.#help = help
    this.#bounds = bounds
  }

  observe(labels: string, value: number): void {
    let series = this.#series.get(labels)
    if (series === undefined) {
      series = { counts: this.#bounds.map(() => 0), sum: 0, count: 0 }
      this.#series.set(labels, series)
    }
    const at = this.#bounds.findIndex((bound) => value <= bound)
    if (at >= 0) series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += value
    series.count += 1
  }

  lines(): string[] {
    const name = this.#name
    const lines = [`# HELP ${name} ${this.#help}`, `# TYPE ${name} histogram`]
    for (const [labels, { counts, sum, count }] of this.#series) {
      let below = 0
      for (const [index, bound] of this.#bounds.entries()) {
        below += counts[index] ?? 0
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`)
      }
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`)
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`)
    }
    return lines
  }
}

export interface Measured {
  /** Of the table of routes; `none` for what is no route. */
  readonly handler: string
  readonly endpoint: string
  readonly method: string
  readonly status: number
  readonly seconds: number
  /** Undefined: the client went before anything was answered. */
  readonly firstByteSeconds: number | undefined
  readonly requestBytes: number
  readonly responseBytes: number
}

/** What is counted of the API, by the names that Hermes' dashboards and alerts know. No label holds anything of a caller. */
export interface Metrics {
  began(): void
  ended(measured: Measured): void
  /** @param code of the failure */
  failed(handler: string, status: number, code: string): void
  text(): string
}

export function metrics(): Metrics {
  const durations = new Histogram('hermes_request_duration_seconds', 'Duration of requests.', DURATIONS)
  const sizes = new Histogram('hermes_response_size_bytes', 'Size of answers.', SMALL_SIZES)
  const muxFirst = new Histogram('httpmux_first_byte_seconds', 'Time until an answer begins.', DURATIONS)
  const muxDurations = new Histogram('httpmux_response_duration_seconds', 'Duration of requests.', DURATIONS)
  const muxRequests = new Histogram('httpmux_request_size_bytes', 'Size of requests.', SIZES)
  const muxSizes = new Histogram('httpmux_response_size_bytes', 'Size of answers.', SIZES)
  const limited = new Map<string, number>()
  let inFlight = 0
  let storageErrors = 0
  let logonErrors = 0
  let logonFailures = 0
  return {
    began() {
      inFlight += 1
    },
    ended({ handler, endpoint, method, status, seconds, firstByteSeconds, requestBytes, responseBytes }) {
      inFlight -= 1
      const own = `handler="${handler}"`
      durations.observe(own, seconds)
      sizes.observe(own, responseBytes)
      const verb = /^(GET|HEAD|PUT|POST|DELETE|OPTIONS|PATCH)$/.test(method) ? method.toLowerCase() : 'other'
      const labels = `app="hermes",method="${verb}",status="${status}",endpoint="${endpoint}"`
      if (firstByteSeconds !== undefined) muxFirst.observe(labels, firstByteSeconds)
      muxDurations.observe(labels, seconds)
      muxRequests.observe(labels, requestBytes)
      muxSizes.observe(labels, responseBytes)
    },
    failed(handler, status, code) {
      if (status === 401) logonFailures += 1
      if (code === 'KEYSTONE_AWAY') logonErrors += 1
      if (code.startsWith('AUDIT_') && (status >= 500 || code === 'AUDIT_TOO_DEEP')) storageErrors += 1
      if (status === 429) limited.set(handler, (limited.get(handler) ?? 0) + 1)
    },
    text() {
      const lines = [
        ...[durations, sizes, muxFirst, muxDurations, muxRequests, muxSizes].flatMap((histogram) => histogram.lines()),
        ...single('hermes_requests_inflight', 'gauge', 'Requests being answered.', inFlight),
        ...single('hermes_storage_errors_count', 'counter', 'Failures of the store.', storageErrors),
        ...single('hermes_logon_errors_count', 'counter', 'Tokens that could not be checked.', logonErrors),
        ...single('hermes_logon_failures_count', 'counter', 'Requests without a valid token.', logonFailures),
        '# HELP hermes_rate_limit_exceeded_total Requests above the limit.',
        '# TYPE hermes_rate_limit_exceeded_total counter',
        ...[...limited].map(([handler, count]) => `hermes_rate_limit_exceeded_total{handler="${handler}"} ${count}`),
        ...processLines(),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function single(name: string, type: 'gauge' | 'counter', help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`]
}

function processLines(): string[] {
  const { user, system } = process.cpuUsage()
  const start = Date.now() / 1000 - process.uptime()
  return [
    ...single('process_cpu_seconds_total', 'counter', 'CPU time of Node-RED.', (user + system) / 1e6),
    ...single('process_resident_memory_bytes', 'gauge', 'Memory of Node-RED.', process.memoryUsage.rss()),
    ...single('process_start_time_seconds', 'gauge', 'Start of Node-RED.', start),
  ]
}
