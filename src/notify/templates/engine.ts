import { Liquid, type Template } from 'liquidjs'
import { describeError, OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { Escape } from '../channel'
import { cut } from '../cut'
import { escaperFor } from '../escape'

/** A template of the user, read once. */
export interface CompiledTemplate {
  /**
   * @param data event, payload, notification, exposure …: only own members can be reached
   * @throws OperatorError NOTIFY_TEMPLATE when it fails or takes too long
   */
  render(data: object): string
}

/** Generous for a message, small for a machine: templates are the user's, but what they loop over comes from outside. */
const LIMITS = { parseLimit: 100_000, renderLimit: 500, memoryLimit: 10_000_000 }
const LONGEST = 200_000

const engines = new Map<Escape, Liquid>()

/**
 * Reads a Liquid template. Whatever it puts out is escaped for the channel; there is no filter that lifts that, no file can be
 * included, and no prototype reached. A mistake is found here, not with the first message.
 * @throws OperatorError NOTIFY_TEMPLATE, with line and column
 */
export function compileTemplate(text: string, target: Escape, name: string): CompiledTemplate {
  const engine = engineFor(target)
  let parsed: Template[]
  try {
    parsed = engine.parse(text)
  } catch (thrown) {
    throw templateError(name, thrown)
  }
  return {
    render(data) {
      let rendered: unknown
      try {
        rendered = engine.renderSync(parsed, data)
      } catch (thrown) {
        throw templateError(name, thrown)
      }
      return String(rendered).slice(0, LONGEST)
    },
  }
}

function engineFor(target: Escape): Liquid {
  let engine = engines.get(target)
  if (engine === undefined) {
    engine = makeEngine(target)
    engines.set(target, engine)
  }
  return engine
}

function makeEngine(target: Escape): Liquid {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    cache: false,
    // No file is ever read: a name finds nothing.
    templates: {},
    dynamicPartials: false,
    outputEscape: escaperFor(target),
    ...LIMITS,
  })
  // Text from outside may not decide that it needs no escaping, nor may a template by oversight.
  engine.registerFilter('raw', (value: unknown) => value)
  engine.registerFilter('json', (value: unknown, indent: unknown) => {
    return JSON.stringify(value ?? null, null, typeof indent === 'number' ? Math.min(8, indent) : undefined)
  })
  engine.registerFilter('truncate', (value: unknown, limit: unknown) => {
    return cut(textOf(value), typeof limit === 'number' && limit > 0 ? limit : 50)
  })
  return engine
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function templateError(name: string, thrown: unknown): OperatorError {
  const text = quote(describeError(thrown), 300)
  return new OperatorError('NOTIFY_TEMPLATE', `The template "${quote(name, 60)}" cannot be used: ${text}.`, {
    remedy: 'docs/templates.md lists what a template can say; the preview in the dialog shows what becomes of it.',
    cause: thrown,
  })
}
