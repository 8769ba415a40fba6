import { cutEscaped } from '../cut-escaped'
import { plain } from './blocks'
import { LIMITS } from './limits'

/** The blocks of a document: a list of them, or `{"blocks": […]}` as Slack's Block Kit Builder gives it. */
export function blocksOf(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document
  const blocks = membersOf(document)['blocks']
  return Array.isArray(blocks) ? blocks : undefined
}

/** Found at deploy, where the strings are still templates. */
export function documentProblem(document: unknown): string | undefined {
  const blocks = blocksOf(document)
  if (blocks === undefined) return 'Slack takes a list of blocks, or an object with "blocks"'
  if (blocks.length === 0) return 'it has no block'
  if (blocks.length > LIMITS.blocks) return `Slack takes ${LIMITS.blocks} blocks`
  const without = blocks.findIndex((block) => typeof membersOf(block)['type'] !== 'string')
  return without < 0 ? undefined : `block ${without + 1} has no type`
}

/**
 * A document whose texts Slack takes: a long name in an event must not be able to have the whole message refused. Texts are
 * cut, empty ones become a dash.
 */
export function fittedBlocks(blocks: readonly unknown[]): unknown[] {
  for (const most of [LIMITS.section, 1500, 700, 300]) {
    const fitted = blocks.map((block) => shortened(block, most))
    if (lengthOf(fitted) <= LIMITS.all) return fitted
  }
  return blocks.map((block) => shortened(block, 100))
}

function shortened(value: unknown, most: number): unknown {
  if (Array.isArray(value)) return value.map((element) => shortened(element, most))
  if (typeof value !== 'object' || value === null) return value
  const { type, text } = membersOf(value)
  if ((type === 'mrkdwn' || type === 'plain_text') && typeof text === 'string') return fitText(value, type, text, most)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (typeof member === 'string') return [name, name === 'text' ? cutEscaped(member, most, 'slack') || '–' : member]
      return [name, shortened(member, Math.min(most, limitOf(type, name)))]
    }),
  )
}

function fitText(value: object, type: 'mrkdwn' | 'plain_text', text: string, most: number): object {
  if (type === 'mrkdwn') {
    const short = cutEscaped(text, most, 'slack')
    return { verbatim: true, ...value, text: short.trim() === '' ? '–' : short }
  }
  // Nothing has a meaning in plain text, and so nothing is escaped in it.
  const short = plain(
    text.replace(/&(lt|gt|amp);/g, (_, name: string) => PLAIN[name] ?? ''),
    most,
  )
  return { ...value, text: short.trim() === '' ? '–' : short }
}

const PLAIN: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&' }

function limitOf(type: unknown, member: string): number {
  if (type === 'header') return LIMITS.header
  if (type === 'button') return LIMITS.button
  return member === 'fields' ? LIMITS.field : LIMITS.section
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + lengthOf(element), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [name, member]) => {
    return sum + (name === 'text' && typeof member === 'string' ? member.length : lengthOf(member))
  }, 0)
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
