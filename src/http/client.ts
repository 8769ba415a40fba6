/** One HTTP exchange as the clients of this package see it; a fake of it serves the unit tests. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  /** Whole exchange, default 30 000 ms. */
  readonly timeoutMs?: number
  /** Bytes of the answer's body that are read at most, default 16 MiB; more is an error `HTTP_BODY_TOO_LARGE`. */
  readonly maxBytes?: number
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names; a repeated header is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * Never follows redirects (a credential must not travel to another host).
 * Rejects with an OperatorError (undiciClient with an HttpError, whose `sent` says whether the request may have arrived):
 * `HTTP_CONNECT` (never sent, safe to repeat), `HTTP_INTERRUPTED` (sent, answer unknown), `HTTP_TIMEOUT` (sent, answer unknown),
 * `HTTP_TLS` (never sent), `HTTP_BODY_TOO_LARGE` (sent), `HTTP_ABORTED` (either), `HTTP_REQUEST` (cannot be sent as it is).
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}
