import { quote } from '../errors/redact'
import type { WatchersNote } from './model'
import { Section } from './section'
import { type Fields, isFields, unreadable } from './yaml'

/** One action of a watcher. */
export interface Action {
  readonly pattern: string
  readonly plugin: string
  readonly action: Section
  readonly extra: Section
}

const MOST_ACTIONS = 500

/** @throws OperatorError WATCHERS_CONFIGURATION for more than anybody writes by hand */
export function readWatchers(written: unknown, notes: WatchersNote[]): Action[] {
  const actions: Action[] = []
  if (!isFields(written)) return actions
  for (const [pattern, listed] of Object.entries(written)) {
    const path = `watchers["${quote(pattern, 60)}"]`
    if (!Array.isArray(listed)) {
      notes.push({ key: path, verdict: 'unreadable', text: 'It holds no list of actions.' })
      continue
    }
    for (const [index, one] of (listed as unknown[]).entries()) {
      if (actions.length >= MOST_ACTIONS) throw unreadable(`it holds more than ${MOST_ACTIONS} actions`)
      const read = readAction(pattern, `${path}[${index}]`, one, notes)
      if (read !== undefined) actions.push(read)
    }
  }
  return actions
}

function readAction(pattern: string, path: string, one: unknown, notes: WatchersNote[]): Action | undefined {
  if (!isFields(one)) {
    notes.push({ key: path, verdict: 'unreadable', text: 'It is no action.' })
    return undefined
  }
  const action = new Section(one, path, notes)
  const plugin = action.text('plugin')
  if (plugin === '') {
    action.note('plugin', 'missing', 'It names no plugin, so nothing is made of it.')
    return undefined
  }
  const extra = action.raw('extra_data')
  const empty = extra === undefined || extra === null
  if (!empty && !isFields(extra)) action.note('extra_data', 'unreadable', 'It holds no keys.')
  else action.heading('extra_data')
  return { pattern, plugin, action, extra: new Section(isFields(extra) ? extra : {}, `${path}.extra_data`, notes) }
}

const CURRENT_KEYS = [
  ...['throttle_default', 'enrich_events', 'dedup_window', 'group_min', 'traffic_watchers', 'httpd_username'],
  ...['httpd_password', 'pce_port', 'pce_timeout', 'verify_tls'],
]
const CURRENT_PLUGINS = /^PCE(Opsgenie|GithubIssue|Lambda|Mattermost|Telegram|Line)$/

/**
 * Whether the file is one of the first version, in which a name with a dot at its end is a prefix. Files of the two versions look
 * alike; what only the current one knows tells them apart, and such a prefix tells of the first.
 */
export function isOlder(root: Fields, config: Fields, actions: readonly Action[]): boolean {
  if (CURRENT_KEYS.some((key) => Object.hasOwn(config, key) || Object.hasOwn(root, key))) return false
  if (
    actions.some(
      ({ plugin, extra }) => CURRENT_PLUGINS.test(plugin) || extra.has('match_fields') || extra.has('throttle'),
    )
  ) {
    return false
  }
  return actions.some(({ pattern }) => /^[\w.-]+\.$/.test(pattern))
}
