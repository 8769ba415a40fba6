import { quote } from '../errors/redact'
import { type Route, wiredFlow } from './flow'
import type { PlannedNode, WatchersImport, WatchersNote } from './model'
import { pceSource } from './pce'
import { PLUGINS, WITHOUT_NODE } from './plugins/by-name'
import { type PastedTemplate, pastedTemplate, usableThrottle } from './plugins/plugin'
import { type Action, isOlder, readWatchers } from './read-watchers'
import { ruleOf } from './rule'
import { Section } from './section'
import { isFields, readConfiguration, unreadable } from './yaml'

/**
 * Turns the configuration of pretty-cool-events, of its first or its current version, into a wired flow, and says of each key
 * what became of it.
 * @param text its config.yaml
 * @param template text of the file that `default_template` names; empty: none
 * @param newId Node-RED's ids are 16 hexadecimal digits
 * @throws OperatorError WATCHERS_CONFIGURATION if it is not such a file
 */
export function importWatchers(text: string, template: string, newId: () => string): WatchersImport {
  const root = readConfiguration(text)
  const fields = isFields(root['config']) ? root['config'] : root
  const notes: WatchersNote[] = []
  const actions = readWatchers(root['watchers'], notes)
  if (actions.length === 0 && !Object.hasOwn(fields, 'pce')) {
    throw unreadable('it has neither watchers nor the address of a PCE')
  }
  const path = fields === root ? '' : 'config'
  const config = new Section(fields, path, notes)
  const older = isOlder(root, fields, actions)
  const source = pceSource(config)
  const pasted = readTemplate(config, template)
  const throttle = defaultThrottle(config)
  const routes = routesOf(
    actions,
    pluginSections(fields['plugin_config'], `${path}${path && '.'}plugin_config`, notes),
    {
      ...{ older, pasted, throttle, notes },
    },
  )
  noteTheRest(config)
  if (fields !== root) noteTheRoot(root, notes)
  if (routes.length === 0)
    notes.push({ key: 'watchers', verdict: 'missing', text: 'No watcher became a rule: add some to the filter.' })
  return { ...wiredFlow(source, routes, newId), notes: unique(notes) }
}

interface Setting {
  readonly older: boolean
  readonly pasted: PastedTemplate
  readonly throttle: string
  readonly notes: WatchersNote[]
}

function routesOf(actions: readonly Action[], configs: ReadonlyMap<string, Section>, setting: Setting): Route[] {
  const { older, pasted, throttle, notes } = setting
  const named = [...new Set(actions.map(({ pattern }) => pattern))].filter((name) => !name.endsWith('.'))
  const used = new Set<string>()
  const routes: Route[] = []
  for (const { pattern, plugin, action, extra } of actions) {
    const rule = ruleOf({ pattern, action, extra, older, named, notes })
    if (rule === undefined) {
      extra.rest('The watcher is left out.')
      continue
    }
    used.add(plugin)
    const known = PLUGINS.get(plugin)
    if (known === undefined) {
      const why =
        WITHOUT_NODE.get(plugin) ?? `There is no node for ${quote(plugin, 40)}: wire the rule to what does the same.`
      action.note('plugin', 'missing', why)
      routes.push({ rule, to: undefined })
      extra.rest('It belongs to the plugin.')
    } else {
      const planned = known({
        ...{ config: configs.get(plugin) ?? new Section({}, `plugin_config.${plugin}`, notes), extra, throttle },
        ...{ template: pasted.node, templateText: pasted.text },
      })
      action.note('plugin', 'taken', planned === undefined ? 'By its rule.' : `A node ${planned.type}.`)
      routes.push({ rule, to: planned === undefined ? undefined : withTemplate(planned, pasted.node) })
      extra.rest('pretty-cool-events does not read it, or nothing here corresponds to it.')
    }
    action.rest('pretty-cool-events does not read it.')
  }
  for (const [plugin, section] of configs) {
    section.rest(
      used.has(plugin)
        ? 'pretty-cool-events does not read it, or nothing here corresponds to it.'
        : 'No watcher uses this plugin.',
    )
  }
  return routes
}

function withTemplate(planned: PlannedNode, template: PlannedNode | undefined): PlannedNode {
  if (template === undefined || !planned.type.startsWith('audit-notify-')) return planned
  return { ...planned, uses: { ...planned.uses, template } }
}

function pluginSections(written: unknown, path: string, notes: WatchersNote[]): Map<string, Section> {
  const sections = new Map<string, Section>()
  if (!isFields(written)) return sections
  for (const [plugin, config] of Object.entries(written)) {
    if (config !== null && !isFields(config)) {
      notes.push({ key: `${path}.${quote(plugin, 40)}`, verdict: 'unreadable', text: 'It holds no keys.' })
    }
    sections.set(plugin, new Section(isFields(config) ? config : {}, `${path}.${quote(plugin, 40)}`, notes))
  }
  return sections
}

function defaultThrottle(config: Section): string {
  const written = config.text('throttle_default')
  if (written === '') return ''
  const throttle = usableThrottle(written)
  if (throttle === undefined)
    config.note('throttle_default', 'unreadable', 'It is no throttle such as 5/1h; nothing is throttled.')
  else
    config.note(
      'throttle_default',
      'taken',
      'The throttle of each notifying node, where a watcher has none of its own.',
    )
  return throttle ?? ''
}

function readTemplate(config: Section, text: string): PastedTemplate {
  const key = 'default_template'
  const name = config.text(key)
  const pasted = pastedTemplate(text, name)
  if (pasted.node !== undefined) {
    config.note(
      key,
      'changed',
      'Its text, in Liquid, is a template node that every notifying node uses; nodes say more without it.',
    )
  } else if (pasted.problems.length > 0) {
    config.note(key, 'unreadable', `Its text is not converted: ${quote(pasted.problems.join('; '), 900)}.`)
  } else if (name !== '') {
    config.note(
      key,
      'changed',
      'The nodes build their messages from the event. A text of your own can be pasted into the second field.',
    )
  }
  return pasted
}

const WHY: Readonly<Record<string, string>> = {
  httpd: 'Node-RED has a web server, an editor and a login of its own.',
  httpd_listener_address: 'uiHost in the settings of Node-RED.',
  httpd_listener_port: 'uiPort in the settings of Node-RED.',
  httpd_username: 'adminAuth in the settings of Node-RED.',
  httpd_password: 'adminAuth in the settings of Node-RED.',
  pce_traffic_interval: 'Traffic flows are not watched.',
  enrich_events: 'The event is whole as it comes; illumio-get asks the PCE for what it names.',
  dedup_window: 'Events are known by their href, on the disk, for as long as they can come again.',
  group_min:
    'Not mapped: tick "group" in a notifying node, which groups after the rules have matched and keeps every event.',
}

function noteTheRest(config: Section): void {
  for (const [key, why] of Object.entries(WHY)) config.without(key, why)
  config.heading('plugin_config')
  config.heading('watchers')
  config.without('traffic_watchers', TRAFFIC)
  config.rest('pretty-cool-events does not read it.')
}

const TRAFFIC =
  'Traffic flows are not watched: they are no audit events. Ask for them on a schedule with an http request node.'

function noteTheRoot(root: Readonly<Record<string, unknown>>, notes: WatchersNote[]): void {
  const section = new Section(root, '', notes)
  section.heading('config')
  section.heading('watchers')
  section.without('traffic_watchers', TRAFFIC)
  section.rest('pretty-cool-events does not read it.')
}

/** Nodes are shared, and so is what is said of them. */
function unique(notes: readonly WatchersNote[]): WatchersNote[] {
  const seen = new Set<string>()
  return notes.filter((note) => {
    const mark = JSON.stringify(note)
    if (seen.has(mark)) return false
    seen.add(mark)
    return true
  })
}
