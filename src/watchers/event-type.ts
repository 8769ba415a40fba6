import type { Condition } from '../cadf/rules/model'
import type { Verdict } from './model'
import { ALTERNATIVES_OR_META, expressionOf } from './value-pattern'

export interface ReadPattern {
  readonly condition: Condition
  readonly verdict: Verdict
  readonly said: string
}

const NAME = /^[\w-]+(\.[\w-]+)*$/

/**
 * The key of a watcher. Both versions write it the same and mean different things: a name with a dot at its end is a prefix of the
 * first; what has other signs is a regular expression, over the whole name, of the second.
 * @param others names with watchers of their own, which the first version kept from the wildcards
 */
export function eventTypePattern(pattern: string, older: boolean): ReadPattern {
  if (NAME.test(pattern)) {
    const said = 'This event type and no other.'
    return older
      ? {
          condition: on('equals', pattern),
          verdict: 'changed',
          said: `${said} The first version also took longer names that begin so.`,
        }
      : { condition: on('equals', pattern), verdict: 'taken', said }
  }
  if (/^[\w.-]+\.$/.test(pattern)) {
    const said = `Every event type that begins with ${pattern} (matches ${pattern}*).`
    return older
      ? { condition: on('wildcard', `${pattern}*`), verdict: 'taken', said }
      : {
          condition: on('wildcard', `${pattern}*`),
          verdict: 'changed',
          said: `${said} The current version of pretty-cool-events would take exactly one more character, which nobody means.`,
        }
  }
  if (pattern === '.*' || pattern === '*') {
    return {
      condition: on('exists', ''),
      verdict: 'taken',
      said: 'Every event, also what the source tells of the PCE.',
    }
  }
  if (!ALTERNATIVES_OR_META.test(pattern)) {
    return { condition: on('equals', pattern), verdict: 'taken', said: 'This event type and no other.' }
  }
  const { source, ignoreCase } = expressionOf(pattern)
  const open = older || pattern.startsWith('^')
  const value = open ? `^(?:${source.replace(/^\^/, '')})` : `^(?:${source})$`
  const condition = { ...on('regexp', value), ignoreCase }
  if (!open && source.includes('|')) {
    const said =
      'A regular expression over the whole name. Both ends bind every alternative here, in pretty-cool-events one each.'
    return { condition, verdict: 'changed', said }
  }
  const dot = /^([a-z_]+)\.\*$/.exec(pattern)?.[1]
  const trap =
    dot === undefined
      ? ''
      : ` Its dot is any character, as before; for ${dot}. alone choose "matches * and ?" with ${dot}.*.`
  return { condition, verdict: 'taken', said: `A regular expression${open ? '' : ' over the whole name'}.${trap}` }
}

function on(op: Condition['op'], value: string): Condition {
  return { path: 'topic', op, not: false, value, ignoreCase: false }
}
