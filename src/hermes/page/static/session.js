import { ApiError, ask } from './api.js'

/**
 * Whom the page works for. The token is in this tab's session storage: it outlives a reload and not the tab, other tabs do not
 * have it, and no cookie sends it along. The password is in no variable beyond the request that it goes out with.
 */
const KEY = 'audit-trail-session'

let current = recall()

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    return typeof kept?.token === 'string' ? kept : undefined
  } catch {
    return undefined
  }
}

export function session() {
  return current
}

function keep(session) {
  current = session
  try {
    if (session === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, JSON.stringify(session))
  } catch {
    // A browser may refuse storage; then a reload asks for the log-in again.
  }
}

/** @throws ApiError */
export async function logInWithPassword(form) {
  const answer = await ask('log-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(form),
  })
  keep({ ...(await answer.json()), ours: true })
}

/** @throws ApiError */
export async function logInWithToken(token) {
  const answer = await ask('session', { headers: { 'x-auth-token': token } })
  keep({ ...(await answer.json()), token, ours: false })
}

/** Ends a token that the page itself got; one that was brought along may be in use elsewhere. */
export async function logOut() {
  const ending = current
  keep(undefined)
  if (ending?.ours !== true) return
  try {
    await ask('log-out', { method: 'POST', headers: { 'x-auth-token': ending.token } })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** The token was refused: it is of no use any more. */
export function forget() {
  keep(undefined)
}
