import type { HttpClient, HttpRequest, HttpResponse } from '../../src/http/client'
import type { Clock } from '../../src/http/retry'

export interface FakeAnswer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly json?: unknown
  readonly text?: string
}

export interface FakeHttp extends HttpClient {
  readonly requests: HttpRequest[]
}

/** An HttpClient whose answers a function gives; what it throws is what the client rejects with. */
export function fakeHttp(answer: (request: HttpRequest, number: number) => FakeAnswer | Promise<FakeAnswer>): FakeHttp {
  const requests: HttpRequest[] = []
  return {
    requests,
    async request(request): Promise<HttpResponse> {
      requests.push(request)
      // An answer never comes within the same turn.
      await new Promise((resolve) => setImmediate(resolve))
      const { status = 200, headers = {}, json, text } = await answer(request, requests.length)
      return { status, headers, text: text ?? (json === undefined ? '' : JSON.stringify(json)) }
    },
    close: () => Promise.resolve(),
  }
}

export interface FakeClock extends Clock {
  /** Every wait that was slept, ms. */
  readonly waits: number[]
  advance(ms: number): void
}

/** A clock that stands still until told, or until somebody sleeps. `random` is always the same. */
export function fakeClock(start = Date.parse('2026-11-21T08:00:00Z'), random = 0.5): FakeClock {
  let now = start
  const waits: number[] = []
  return {
    waits,
    now: () => now,
    random: () => random,
    sleep: async (ms, signal) => {
      waits.push(ms)
      now += ms
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
    advance: (ms) => {
      now += ms
    },
  }
}
