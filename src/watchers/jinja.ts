import { describeError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { compileTemplate } from '../notify/templates/engine'
import { convertCondition, convertOutput } from './jinja-expression'

export interface ConvertedTemplate {
  /** In Liquid; undefined where something has no counterpart. */
  readonly text: string | undefined
  /** What has none, with its line. */
  readonly problems: readonly string[]
}

/** Larger texts are no template of a message. */
const LONGEST = 50_000
const PART = /\{\{(-?)([\s\S]*?)(-?)\}\}|\{%(-?)([\s\S]*?)(-?)%\}|\{#[\s\S]*?#\}/g
const MOST_PROBLEMS = 20

/**
 * Jinja2 as pretty-cool-events uses it, in Liquid as `audit-template` takes it (docs/from-pretty-cool-events.md has the table).
 * All or nothing: what would say something else than before is named, and then nothing is converted.
 */
export function liquidOfJinja(jinja: string): ConvertedTemplate {
  if (jinja.length > LONGEST) return { text: undefined, problems: ['it is too long'] }
  const problems: string[] = []
  const locals: string[] = []
  const text = jinja.replace(PART, (whole, o1, output, o2, t1, tag, t2, offset: number) => {
    try {
      if (output !== undefined) return `{{${o1} ${convertOutput(output, locals)} ${o2}}}`
      if (tag !== undefined) return `{%${t1} ${convertTag(tag.trim(), locals)} ${t2}%}`
      return ''
    } catch (thrown) {
      const line = jinja.slice(0, offset).split('\n').length
      if (problems.length < MOST_PROBLEMS) problems.push(`line ${line}: ${describeError(thrown)}`)
      return whole
    }
  })
  if (problems.length > 0) return { text: undefined, problems }
  try {
    compileTemplate(text, 'none', 'template')
    return { text, problems }
  } catch (thrown) {
    return { text: undefined, problems: [describeError(thrown)] }
  }
}

function convertTag(tag: string, locals: string[]): string {
  const [word = ''] = /^\w*/.exec(tag) ?? []
  const rest = tag.slice(word.length).trim()
  switch (word) {
    case 'if':
      return `if ${convertCondition(rest, locals)}`
    case 'elif':
      return `elsif ${convertCondition(rest, locals)}`
    case 'for':
      return convertFor(rest, locals)
    case 'set':
      return convertSet(rest, locals)
    case 'else':
    case 'endif':
    case 'endfor':
    case 'raw':
    case 'endraw':
      if (rest === '') return word
  }
  throw new Error(`{% ${quote(word || tag, 30)} %} has no counterpart`)
}

function convertFor(rest: string, locals: string[]): string {
  const [, name, list] = /^(\w+)\s+in\s+([\s\S]+)$/.exec(rest) ?? []
  if (name === undefined || list === undefined) throw new Error('a loop over names and values has no counterpart')
  const converted = convertOutput(list, locals)
  if (converted.includes('|'))
    throw new Error('a loop over the result of a filter has no counterpart: use {% set %} before')
  locals.push(name)
  return `for ${name} in ${converted}`
}

function convertSet(rest: string, locals: string[]): string {
  const [, name, value] = /^(\w+)\s*=\s*([\s\S]+)$/.exec(rest) ?? []
  if (name === undefined || value === undefined) throw new Error('this {% set %} has no counterpart')
  const converted = convertOutput(value, locals)
  locals.push(name)
  return `assign ${name} = ${converted}`
}
