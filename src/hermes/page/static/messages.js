import { ApiError } from './api.js'
import { byId, el } from './dom.js'

let ticking

export function clearMessage() {
  clearInterval(ticking)
  byId('message').replaceChildren()
}

/** What went wrong, in words, with a button to try again where that can help. */
export function showProblem(error, again) {
  clearMessage()
  const { text, wait } = explained(error)
  const parts = [el('p', {}, text)]
  if (again !== undefined) {
    const retry = () => {
      clearMessage()
      again()
    }
    const button = el('button', { type: 'button', on: { click: retry } }, 'Try again')
    if (wait > 0) countDown(button, wait)
    parts.push(button)
  }
  byId('message').replaceChildren(el('div', { class: 'message' }, ...parts))
}

export function showNotice(text) {
  clearMessage()
  byId('message').replaceChildren(el('div', { class: 'message notice' }, el('p', {}, text)))
}

function countDown(button, seconds) {
  let left = seconds
  const tick = () => {
    button.disabled = left > 0
    button.textContent = left > 0 ? `Try again in ${left} s` : 'Try again'
    if (left-- <= 0) clearInterval(ticking)
  }
  tick()
  ticking = setInterval(tick, 1000)
}

/** Everything else is said in the server's own words. */
function explained(error) {
  if (!(error instanceof ApiError)) return { text: `The page failed: ${error?.message ?? error}.` }
  const { status, code, message, waitSeconds: wait } = error
  switch (status) {
    case 0:
      return { text: 'The server cannot be reached. It may be restarting, or the network is down.', wait: 3 }
    case 401:
      if (code === 'LOG_IN_REFUSED') {
        return {
          text: 'Keystone refused the log-in: name, password, domain or project is wrong, or there is no role on it.',
        }
      }
      if (code === 'SECOND_FACTOR') return { text: message }
      return { text: 'The token is not or no longer good. Log in again.' }
    case 403:
      if (code === 'TLS_REQUIRED') {
        return { text: 'This page was opened over an unencrypted connection: use https, or log in with a token.' }
      }
      return {
        text: `This token may not read these events. The role audit_viewer on the project or domain is needed, or the administrators' project for others' events.`,
      }
    case 429:
      return { text: `Too many requests.${wait ? ` The server asks to wait ${wait} s.` : ''}`, wait: wait ?? 5 }
    case 502:
    case 503:
    case 504:
      return { text: `Not available now: ${message}`, wait: wait ?? 5 }
    default:
      return { text: message }
  }
}
