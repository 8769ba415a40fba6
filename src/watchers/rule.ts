import { checkRules } from '../cadf/rules/compile'
import type { Condition, Group, Rule } from '../cadf/rules/model'
import { quote } from '../errors/redact'
import { severityNamed } from '../notify/severity'
import { eventTypePattern } from './event-type'
import type { WatchersNote } from './model'
import type { Section } from './section'
import { valueCondition } from './value-pattern'
import { isFields, textOf } from './yaml'

export interface WatcherParts {
  readonly pattern: string
  /** Keys of the action: status, severity. */
  readonly action: Section
  /** Keys of its `extra_data`. */
  readonly extra: Section
  readonly older: boolean
  /** Names with watchers of their own; the first version kept those from its prefixes. */
  readonly named: readonly string[]
  readonly notes: WatchersNote[]
}

/** The rule of one action of a watcher; undefined where it cannot be made, which is noted. */
export function ruleOf({ pattern, action, extra, older, named, notes }: WatcherParts): Rule | undefined {
  const type = eventTypePattern(pattern, older)
  notes.push({ key: `watchers["${quote(pattern, 60)}"]`, verdict: type.verdict, text: type.said })
  const conditions: (Condition | Group)[] = [type.condition]
  if (older && type.condition.op !== 'equals') {
    const own = named.filter((name) => checkOne(type.condition, name))
    if (own.length > 0) conditions.push({ ...type.condition, op: 'one-of', value: own.join('\n'), not: true })
  }
  const status = statusCondition(action)
  if (status !== undefined) conditions.push(status)
  const severity = severityCondition(action)
  if (severity !== undefined) conditions.push(severity)
  conditions.push(...fieldConditions(extra))
  const state = action.has('status') ? action.text('status') || 'no status' : 'success'
  const target = action.text('plugin').replace(/^PCE/, '')
  const rule: Rule = { name: quote(`${pattern} ${state}: ${target}`, 80), match: 'all', conditions }
  const [problem] = checkRules([rule])
  if (problem !== undefined) {
    action.note('plugin', 'unreadable', `The watcher is left out: ${problem.detail} Add a rule to the filter by hand.`)
    return undefined
  }
  return rule
}

function checkOne(condition: Condition, name: string): boolean {
  if (condition.op === 'exists') return true
  return condition.op === 'wildcard' && name.startsWith(condition.value.slice(0, -1))
}

function statusCondition(action: Section): Condition | Group | undefined {
  const path = 'payload.status'
  if (!action.has('status')) {
    action.note(
      'status',
      'missing',
      'Only success, as in pretty-cool-events: events without a status, a third of all, do not match.',
    )
    return valueCondition(path, 'success')
  }
  const written = action.raw('status')
  if (written === null || written === '') {
    action.note('status', 'taken', 'Events without a status.')
    return valueCondition(path, '')
  }
  const pattern = textOf(written)
  const all = pattern === '*' || pattern === 'any'
  action.note('status', 'taken', all ? 'Any status, also none.' : `The status ${quote(pattern, 40)}.`)
  return valueCondition(path, pattern)
}

function severityCondition(action: Section): Condition | undefined {
  const written = action.text('severity')
  if (written === '') return undefined
  const severity = severityNamed(written)
  if (severity === undefined) {
    action.note('severity', 'unreadable', `${quote(written, 40)} is no severity; nothing is asked of it.`)
    return undefined
  }
  if (severity === 'info' || severity === 'debug') {
    action.note('severity', 'taken', 'Any severity: it is what is filled in without asking, and was never looked at.')
    return undefined
  }
  const said = `Only what is at least ${severity}. pretty-cool-events stored it and did not look at it.`
  action.note('severity', 'changed', said)
  return { path: 'event.severity', op: 'at-least', not: false, value: severity, ignoreCase: false }
}

function fieldConditions(extra: Section): (Condition | Group)[] {
  const fields = extra.raw('match_fields')
  if (fields === undefined || fields === null) return []
  if (!isFields(fields)) {
    extra.note('match_fields', 'unreadable', 'It is no list of fields with patterns; add the conditions by hand.')
    return []
  }
  const conditions: (Condition | Group)[] = []
  for (const [field, written] of Object.entries(fields)) {
    const key = `match_fields.${field}`
    const path = pathTo(field)
    const pattern = typeof written === 'object' && written !== null ? undefined : textOf(written)
    if (path === undefined || pattern === undefined) {
      extra.note(key, 'unreadable', 'It cannot be written as a property with a pattern; add the condition by hand.')
      continue
    }
    const condition = valueCondition(path, pattern)
    extra.note(
      key,
      'taken',
      condition === undefined ? 'Anything, so nothing is asked.' : `A condition on ${quote(path, 100)}.`,
    )
    if (condition !== undefined) conditions.push(condition)
  }
  extra.heading('match_fields')
  return conditions
}

/** `created_by.user.username` → `payload.created_by.user.username`; other signs in a name need quotes. */
function pathTo(field: string): string | undefined {
  let path = 'payload'
  for (const name of field.split('.')) {
    if (name === '' || (name.includes('"') && name.includes("'"))) return undefined
    if (/^[^[\]"'\s*]+$/.test(name)) path += `.${name}`
    else path += name.includes('"') ? `['${name}']` : `["${name}"]`
  }
  return path
}
