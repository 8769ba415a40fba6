import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { API_PATHS, endpointOf } from '../qualys/endpoint'
import { PLATFORMS } from '../qualys/platforms'
import { type Draft, needed, readable } from './draft'

/** `qualys.*`: account, proxy and how to scan. */
export function importQualys(draft: Draft): void {
  importAccount(draft)
  importUrl(draft)
  importProxy(draft)

  const option = needed(draft, 'qualys.option', 'Choose an option profile in the scan node.')
  if (option !== undefined) {
    draft.set('qualys-scan', { profileBy: 'title', profile: option })
    draft.note('qualys.option', 'taken', `The option profile "${quote(option, 80)}".`)
  }
  draft.set('qualys-scan', { titlePrefix: 'osel', external: true })
  importDrop6(draft)
  importFloor(draft)
}

function importAccount(draft: Draft): void {
  const username = needed(draft, 'qualys.username', 'Enter the user in the Qualys configuration.')
  if (username !== undefined) {
    draft.secret('qualys-config', { username })
    draft.note('qualys.username', 'taken', 'Stored in the credentials of the Qualys configuration.')
  }
  const password = needed(draft, 'qualys.password', 'Enter the password in the Qualys configuration.')
  if (password !== undefined) {
    draft.secret('qualys-config', { password })
    draft.note('qualys.password', 'taken', 'Stored in the credentials of the Qualys configuration.')
  }
}

/** The whole address of the scan API; where it is a platform's own, the platform is chosen. */
function importUrl(draft: Draft): void {
  const key = 'qualys.url'
  const given = needed(draft, key, 'Choose your platform in the Qualys configuration.')
  if (given === undefined) return
  const url = given.replace(/[?#].*$/, '')
  const endpoint = readable(draft, key, () => endpointOf(url))
  if (endpoint === undefined) return
  const platform = PLATFORMS.find(({ api }) => endpoint.launch === api + API_PATHS.launch)
  if (platform === undefined) {
    draft.set('qualys-config', { platform: 'custom', url })
    draft.note(key, 'taken', `Scans are launched at ${endpoint.launch}.`)
  } else {
    draft.set('qualys-config', { platform: platform.id, url: '' })
    draft.note(key, 'taken', `It is the address of ${platform.label}, which is chosen.`)
  }
}

function importProxy(draft: Draft): void {
  const key = 'qualys.proxy_url'
  const given = draft.take(key)
  // osel demanded one; here none is needed.
  if (given === undefined) return
  const proxy = readable(draft, key, () => proxyOf(given))
  if (proxy === undefined) return
  draft.set('http proxy', { name: 'Proxy for Qualys', url: proxy.url, noproxy: [] })
  if (proxy.username !== '') draft.secret('http proxy', { username: proxy.username, password: proxy.password })
  draft.note(key, 'taken', `The Qualys configuration goes through the proxy ${proxy.url}.`)
}

function proxyOf(given: string): { url: string; username: string; password: string } {
  let url: URL
  try {
    url = new URL(/^[a-z]+:\/\//i.test(given) ? given : `http://${given}`)
  } catch {
    throw notAProxy()
  }
  if (!/^https?:$/.test(url.protocol)) throw notAProxy()
  return {
    url: url.origin,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}

/** The text may hold a password, so it is not repeated. */
function notAProxy(): OperatorError {
  return new OperatorError('OSEL_CONFIGURATION', 'It is no address of an HTTP proxy.', {
    remedy: 'Add an http proxy to the Qualys configuration by hand.',
  })
}

function importDrop6(draft: Draft): void {
  const key = 'qualys.drop6'
  const given = draft.take(key)
  if (given === undefined || /^(true|yes|on|1|t)$/i.test(given)) {
    draft.set('qualys-scan', { ipv6: 'drop' })
    draft.note(
      key,
      given === undefined ? 'missing' : 'taken',
      'IPv6 addresses are not scanned; the audit trail says so for each.',
    )
    return
  }
  draft.set('qualys-scan', { ipv6: 'map' })
  draft.note(
    key,
    'changed',
    'IPv6 addresses are scanned through Qualys’ IPv6 mapping records. In osel, false made every scan empty.',
  )
}

function importFloor(draft: Draft): void {
  const key = 'qualys.min_remaining'
  const given = draft.take(key)
  if (given === undefined) return
  const floor = Number(given)
  if (!Number.isInteger(floor) || floor < 0 || floor > 100_000) {
    draft.note(key, 'unreadable', 'It is no number of calls; set the floor in the scan node.')
    return
  }
  draft.set('qualys-scan', { floor: String(floor) })
  draft.note(
    key,
    'changed',
    `No scan is launched with ${floor} or fewer calls left; it waits. osel launched it and reported that it had not.`,
  )
}
