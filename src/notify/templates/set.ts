import { OperatorError } from '../../errors/operator-error'
import type { ChannelDefinition, Escape } from '../channel'
import type { Report } from '../model'
import { type CompiledTemplate, compileTemplate } from './engine'

/** Texts that shared templates may give, over all channels; each channel reads those that concern it. */
export const TEMPLATE_FIELDS = ['title', 'text', 'subject', 'html'] as const

/** Texts as a person wrote them: by field name, and a document as JSON. What is empty is not there. */
export interface TemplateTexts {
  readonly fields: Readonly<Record<string, string>>
  readonly document?: string
}

/** Puts a report's texts and document in, as the templates say. */
export type Fill = (report: Report) => Report

const MOST_NODES = 5000
/** What browsers and services take. */
const LONGEST_ADDRESS = 2000

/**
 * Reads the templates that concern a channel; others in the same set are for other channels.
 * @throws OperatorError NOTIFY_TEMPLATE
 */
export function compileTexts(
  texts: TemplateTexts,
  channel: Pick<ChannelDefinition, 'fields' | 'document' | 'documentProblem'>,
): Fill {
  const fields = channel.fields.flatMap(({ name, escape: target }) => {
    const text = texts.fields[name] ?? ''
    return text.trim() === '' ? [] : [{ name, template: compileTemplate(text, target, name) }]
  })
  const document =
    channel.document === undefined || (texts.document ?? '').trim() === ''
      ? undefined
      : compileDocument(texts.document ?? '', channel.document, channel.documentProblem)
  if (fields.length === 0 && document === undefined) return (report) => report
  return (report) => {
    const data = templateData(report)
    const filled: Record<string, string> = { ...report.filled }
    for (const { name, template } of fields) filled[name] = template.render(data)
    if (fields.length > 0 && fields.every(({ name }) => filled[name]?.trim() === '')) {
      throw new OperatorError('NOTIFY_TEMPLATE', 'The templates gave an empty text.', {
        remedy: 'See in the preview which members the event has.',
      })
    }
    return { ...report, filled, ...(document === undefined ? {} : { document: document(data) }) }
  }
}

/**
 * Finds mistakes in a document without a channel.
 * @throws OperatorError NOTIFY_TEMPLATE
 */
export function checkDocument(text: string): void {
  if (text.trim() !== '') compileDocument(text, 'none')
}

/** What templates can say: of one occurrence its members, of a group the first's, and all under `members`. */
export function templateData(report: Report): object {
  const [first] = report.occurrences
  const { occurrences, filled: _filled, document: _document, ...built } = report
  return { ...first, report: built, members: occurrences, count: occurrences.length }
}

/**
 * A document is read first, and then each string in it is a template by itself: whatever an event says stays inside its string.
 * @param text JSON
 * @throws OperatorError NOTIFY_TEMPLATE
 */
export function compileDocument(
  text: string,
  target: Escape,
  problemOf: ChannelDefinition['documentProblem'] = () => undefined,
): (data: object) => unknown {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new OperatorError('NOTIFY_TEMPLATE', 'The document of the template is no JSON.', {
      remedy: 'Templates go inside its strings, e.g. {"text": "{{ report.title }}"}.',
    })
  }
  const problem = problemOf(parsed)
  if (problem !== undefined) {
    throw new OperatorError('NOTIFY_TEMPLATE', `The document of the template cannot be used: ${problem}.`)
  }
  let nodes = 0
  const compile = (value: unknown, path: string): unknown => {
    nodes += 1
    if (nodes > MOST_NODES) throw new OperatorError('NOTIFY_TEMPLATE', 'The document of the template is too large.')
    if (typeof value === 'string') {
      if (!value.includes('{')) return value
      return isAddress(path) && target !== 'none'
        ? address(compileTemplate(value, 'none', path))
        : compileTemplate(value, target, path)
    }
    if (Array.isArray(value)) return value.map((element, index) => compile(element, `${path}[${index}]`))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, compile(member, `${path}.${name}`)]))
  }
  const compiled = compile(parsed, 'document')
  return (data) => rendered(compiled, data)
}

/** `url`, `iconUrl`, `image_url`: what is escaped for people to read would lead elsewhere. */
function isAddress(path: string): boolean {
  return /(?:[uU]rl|\.href)$/.test(path)
}

/** What an event puts into an address must not turn it into a script, nor have the message refused. */
function address(template: CompiledTemplate): CompiledTemplate {
  return {
    render(data) {
      const text = template.render(data).trim()
      const isLink =
        text.length <= LONGEST_ADDRESS &&
        URL.canParse(text) &&
        ['http:', 'https:', 'mailto:'].includes(new URL(text).protocol)
      return isLink ? new URL(text).href : 'https://invalid.invalid/'
    },
  }
}

function rendered(value: unknown, data: object): unknown {
  if (Array.isArray(value)) return value.map((element) => rendered(element, data))
  if (typeof value !== 'object' || value === null) return value
  if (isTemplate(value)) return value.render(data)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rendered(member, data)]))
}

function isTemplate(value: object): value is CompiledTemplate {
  return typeof (value as Partial<CompiledTemplate>).render === 'function'
}
