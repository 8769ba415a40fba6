import { quote } from '../errors/redact'
import type { PlannedNode } from './model'
import type { Section } from './section'

/** The source: account and polling. */
export function pceSource(config: Section): PlannedNode {
  const written = config.needed('pce', 'The PCE.', 'Enter the address of the PCE in its configuration.')
  const port = config.taken('pce_port', 'The port.')
  const key = config.needed('pce_api_user', STORED, 'Enter the key in the configuration of the PCE.')
  const secret = config.needed('pce_api_secret', STORED, 'Enter the secret in the configuration of the PCE.')
  const org = config.taken('pce_org', 'The organisation.')
  if (org === '') config.note('pce_org', 'missing', 'Organisation 1 is assumed.')
  config.without('pce_timeout', 'The node waits as long as a request may take, and tries again.')
  if (/^(false|no|0)$/i.test(config.text('verify_tls'))) {
    config.note(
      'verify_tls',
      'changed',
      'The certificate of the PCE is verified. Where an authority of your own signed it, choose a TLS configuration with its file.',
    )
  } else {
    config.taken('verify_tls', 'It is always verified.')
  }
  const account: PlannedNode = {
    type: 'illumio-config',
    settings: { name: '', address: address(written, port), org: org || '1' },
    credentials: Object.fromEntries(Object.entries({ key, secret }).filter(([, value]) => value !== '')),
  }
  return {
    type: 'illumio-events-in',
    settings: { ...SOURCE, interval: interval(config) },
    uses: { account },
  }
}

const STORED = 'Stored in the credentials of the configuration of the PCE.'
/** As the dialog begins with. */
const SOURCE = {
  ...{ name: '', include: '', ignore: '', start: 'now', lookBack: '24', startAt: '', overlap: '120', pageSize: '1000' },
  ...{ retention: '30', watchHealth: true, window: '250', attempts: '5', deadline: '20', caught: false },
}
const LEAST_S = 5
const MOST_S = 3600

/** Both versions take 8443 where no port is written. */
function address(written: string, port: string): string {
  const host = written.replace(/\/+$/, '')
  if (host === '' || /:\d+$/.test(host)) return host
  return `${host}:${/^\d{1,5}$/.test(port) ? port : '8443'}`
}

function interval(config: Section): string {
  const written = config.text('pce_poll_interval')
  if (written === '') return '10'
  const seconds = Number(written)
  if (!Number.isFinite(seconds) || seconds <= 0) {
    config.note(
      'pce_poll_interval',
      'unreadable',
      `${quote(written, 20)} is no number of seconds; every 10 s is asked.`,
    )
    return '10'
  }
  const used = Math.min(MOST_S, Math.max(LEAST_S, Math.round(seconds)))
  const same = used === seconds
  config.note('pce_poll_interval', same ? 'taken' : 'changed', `Every ${used} s is asked.`)
  return String(used)
}
