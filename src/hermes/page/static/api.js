/** What a server said instead of an answer; `status` 0: nothing was heard of it. */
export class ApiError extends Error {
  constructor(status, code, message, waitSeconds) {
    super(message)
    this.status = status
    this.code = code
    this.waitSeconds = waitSeconds
  }
}

/** One request; `path` is relative to the page. @throws ApiError */
export async function ask(path, options = {}) {
  let response
  try {
    response = await fetch(new URL(path, document.baseURI), {
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...options,
      headers: { accept: 'application/json, application/problem+json', ...options.headers },
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError(0, 'AWAY', 'The server does not answer.')
  }
  if (response.ok) return response
  throw await errorOf(response)
}

async function errorOf(response) {
  const text = await response.text().catch(() => '')
  const body = parsed(text)
  // The log-in's own form, and that of the API (RFC 9457).
  const said = body?.error ?? { code: body?.code, message: body?.detail, hint: body?.hint }
  const after = response.headers.get('retry-after') ?? ''
  const wait = /^\d+$/.test(after) ? Number(after) : undefined
  const message = [said?.message, said?.hint].filter((part) => typeof part === 'string').join(' ')
  // A proxy in between answers in HTML.
  const plain = /^\s*[<{]/.test(text) ? '' : text.trim().slice(0, 300)
  return new ApiError(response.status, said?.code ?? '', message || plain || `Status ${response.status}.`, wait)
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The API beside the page, for one token. */
export function auditApi(token) {
  const get = (path, parameters, signal) =>
    ask(`../v1/${path}${parameters?.size > 0 ? `?${parameters}` : ''}`, {
      signal,
      headers: { 'x-auth-token': token },
    })
  const json = async (path, parameters, signal) => (await get(path, parameters, signal)).json()

  return {
    /** A page of events with what is kept beside each, newest first. `cursor`: `first`, or where the last page ended. */
    async events(parameters, { cursor, limit, signal }) {
      const asked = withMembers(parameters, { cursor, limit, shape: 'record' })
      const { events, total, next } = await json('events', asked, signal)
      return { events: events ?? [], total, cursor: next && new URL(next, document.baseURI).searchParams.get('cursor') }
    },
    /** An event with all that is kept beside it. */
    async event(id, project, signal) {
      const asked = withMembers(new URLSearchParams(), { shape: 'record', ...(project && { project_id: project }) })
      return json(`events/${encodeURIComponent(id)}`, asked, signal)
    },
    async oldest(parameters, signal) {
      const asked = withMembers(parameters, { limit: 1, sort: 'time:asc' })
      const { events } = await json('events', asked, signal)
      return events?.[0]
    },
    async values(attribute, project, signal) {
      const asked = withMembers(new URLSearchParams(), { limit: 500, ...(project && { project_id: project }) })
      return json(`attributes/${encodeURIComponent(attribute)}`, asked, signal)
    },
    /** Counts by outcome for each step of so many ms. */
    async histogram(parameters, { step, signal }) {
      const asked = withMembers(parameters, { interval: `${step / 1000}s`, by: 'outcome' })
      return json('histogram', asked, signal)
    },
    async integrity(signal) {
      return json('integrity', new URLSearchParams(), signal)
    },
    /** Begins a verification; its end is to be asked for with `integrity`. */
    async verify() {
      return (await ask('../v1/integrity', { method: 'POST', headers: { 'x-auth-token': token } })).json()
    },
    /** The answer whose body is the file. */
    exported(parameters, format, signal) {
      return get('events/export', withMembers(parameters, { format }), signal)
    },
  }
}

function withMembers(parameters, members) {
  const all = new URLSearchParams(parameters)
  for (const [name, value] of Object.entries(members)) all.set(name, value)
  return all
}
