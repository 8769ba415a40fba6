import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

const REMEDY = "Give a path below the service's endpoint, such as /servers/detail."

/**
 * Checks a path from a dialog or a message, and answers it with a slash in front and without the query.
 *
 * A path comes from outside (an id in an event, say) and is sent with the account's token: it must neither name another host nor
 * climb out of the endpoint, also not for a proxy that decodes `%2e` or `%5c` before it looks.
 * @throws REQUEST_PATH
 */
export function checkedPath(given: string): { readonly path: string; readonly query: string } {
  const [before = '', ...after] = given.trim().split('?')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(before) || before.startsWith('//')) {
    throw refused(given, 'names a host; the endpoint comes from the catalogue')
  }
  const path = before.startsWith('/') ? before : `/${before}`
  const decoded = decodedFully(path)
  if (decoded === undefined) throw refused(given, 'has a % that is no escape')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
  if (/[\u0000-\u0020\u007f\\]/.test(path) || /[\u0000-\u001f\u007f\\]/.test(decoded)) {
    throw refused(given, 'has a blank, a backslash or a control character in it')
  }
  if (path.includes('#')) throw refused(given, 'has a # in it')
  const segments = decoded.split('/')
  if (segments.some((segment) => segment === '.' || segment === '..')) throw refused(given, 'has . or .. in it')
  if (/\/\/./.test(path)) throw refused(given, 'has an empty part in it')
  return { path, query: after.join('?') }
}

/**
 * Joins an endpoint and a path. A path that begins as the endpoint's own does (`/v2.1/servers` at `https://nova/v2.1`, as API references
 * print it) is not doubled.
 * @throws REQUEST_PATH for another version than the endpoint's, and whatever would leave the endpoint
 */
export function pathBelow(endpoint: string, path: string): string {
  const base = new URL(endpoint)
  const own = base.pathname.replace(/\/+$/, '').split('/').filter(Boolean)
  const asked = path.split('/').slice(1)
  const from = own.findIndex((segment) => VERSION.test(segment))
  const versioned = from < 0 ? [] : own.slice(from)
  if (asked[0] !== undefined && VERSION.test(asked[0]) && versioned.length > 0) {
    if (asked[0] !== versioned[0]) {
      throw refused(path, `asks for ${asked[0]}, and the endpoint in the catalogue is that of ${versioned[0]}`)
    }
    let same = 0
    while (same < versioned.length && asked[same] === versioned[same]) same += 1
    asked.splice(0, same)
  }
  const rest = asked.length === 0 ? '' : `/${asked.join('/')}`
  const whole = new URL(`${endpoint}${rest}`)
  const prefix = base.pathname.replace(/\/+$/, '')
  if (whole.origin !== base.origin || !(whole.pathname === prefix || whole.pathname.startsWith(`${prefix}/`))) {
    throw refused(path, 'leaves the endpoint')
  }
  return rest
}

const VERSION = /^v\d+(\.\d+)?$/

/** Undefined if an escape is broken. Three rounds: what is escaped more often no proxy undoes. */
function decodedFully(path: string): string | undefined {
  let text = path
  for (let round = 0; round < 3; round += 1) {
    try {
      const next = decodeURIComponent(text)
      if (next === text) return text
      text = next
    } catch {
      return round === 0 ? undefined : text
    }
  }
  return text
}

function refused(path: string, why: string): OperatorError {
  return new OperatorError('REQUEST_PATH', `The path "${quote(path, 120)}" ${why}.`, { remedy: REMEDY })
}
