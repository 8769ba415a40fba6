import { parseThrottle } from '../../notify/throttle'
import { liquidOfJinja } from '../jinja'
import type { PlannedNode } from '../model'
import type { Section } from '../section'

/** What a plugin of pretty-cool-events has to work with for one action of a watcher. */
export interface PluginParts {
  /** Its part of `plugin_config`. */
  readonly config: Section
  /** `extra_data` of the action. */
  readonly extra: Section
  /** `throttle_default` of the file. */
  readonly throttle: string
  /** The text of the default template, converted; undefined where none was pasted. */
  readonly template: PlannedNode | undefined
  /** In Liquid. */
  readonly templateText: string | undefined
}

/** Undefined where nothing here corresponds to it; the reason is noted. */
export type Plugin = (parts: PluginParts) => PlannedNode | undefined

/** Texts that came with pretty-cool-events: what they say, code says here. */
const SHIPPED =
  /^(default|default-slack|default-teams|default-bootstrap|default-json|email|sms|alert|one|syslog|jira|github-issue|rule_set\.create\.jira|traffic-\w+)\.(html|tmpl)$/

/** Settings that all notifying nodes share. */
export function shared({ config, extra, throttle, template }: PluginParts): Record<string, unknown> {
  const spec = readThrottle(extra) ?? throttle
  const own = config.text('template')
  if (own !== '') noteTemplate(config, own, template !== undefined)
  const named = extra.text('template')
  if (named !== '') noteTemplate(extra, named, template !== undefined)
  return spec === '' ? {} : { throttle: spec }
}

/**
 * What a watcher names itself, or what the plugin has for all.
 * @param remedy where neither is there; undefined where none is needed
 */
export function usual(config: Section, key: string, own: string, what: string, remedy?: string): string {
  const written = config.taken(key, `${what}, where a watcher names no other.`)
  const text = own || written
  if (text === '' && remedy !== undefined) config.note(key, 'missing', remedy)
  return text
}

/** A text of the action, which pretty-cool-events puts as it is; as a template it must say the same. */
export function literal(text: string): string {
  return /\{[{%]/.test(text) ? `{% raw %}${text.replace(/\{%-?\s*endraw/g, '')}{% endraw %}` : text
}

/** @returns undefined where none is written */
function readThrottle(extra: Section): string | undefined {
  const written = extra.text('throttle')
  if (written === '') return undefined
  const spec = usableThrottle(written)
  if (spec === undefined) {
    extra.note(
      'throttle',
      'unreadable',
      'It is no throttle such as 5/1h; the default is used, as in pretty-cool-events.',
    )
    return undefined
  }
  extra.note(
    'throttle',
    'changed',
    'By event type and target; a message that was not sent does not count, and the next tells how many were held back.',
  )
  return spec
}

export function usableThrottle(text: string): string | undefined {
  try {
    return parseThrottle(text) === undefined ? undefined : text
  } catch {
    return undefined
  }
}

function noteTemplate(section: Section, name: string, pasted: boolean): void {
  if (pasted) {
    section.note('template', 'changed', 'The template that was pasted is used for every node.')
  } else if (SHIPPED.test(name)) {
    section.note(
      'template',
      'changed',
      'It came with pretty-cool-events. The node builds its message from the event; templates are possible.',
    )
  } else {
    const remedy = 'A file of your own: paste its text into the second field, or into a template node by hand.'
    section.note('template', 'missing', remedy)
  }
}

export interface PastedTemplate {
  readonly node: PlannedNode | undefined
  readonly text: string | undefined
  readonly problems: readonly string[]
}

/** The text of a template file as a config node. */
export function pastedTemplate(text: string, name: string): PastedTemplate {
  if (text.trim() === '') return { node: undefined, text: undefined, problems: [] }
  const converted = liquidOfJinja(text)
  if (converted.text === undefined) return { node: undefined, text: undefined, problems: converted.problems }
  const html = /<(html|body|div|p|br|table)\b/i.test(converted.text)
  const texts = html ? { text: '', html: converted.text } : { text: converted.text, html: '' }
  const node = {
    type: 'audit-template',
    settings: { version: 1, name: name || 'Template', title: '', subject: '', document: '', ...texts },
  }
  return { node, text: converted.text, problems: [] }
}
