import { asObject, asText } from '../decode'
import type { JiraSite } from './site'

/** Errors by field, as Jira answers them. */
export type FieldErrors = Record<string, string>

const LONGEST_TEXT = 32_767
const OWN = new Set(['project', 'issuetype', 'summary', 'description', 'labels', 'priority'])

/** What Jira checks before it creates an issue. */
export function checkIssue(site: JiraSite, version: 2 | 3, fields: Readonly<Record<string, unknown>>): FieldErrors {
  const errors: FieldErrors = {}
  const project = asObject(fields['project'])
  if (project?.['key'] !== site.project.key && project?.['id'] !== site.project.id) {
    errors['project'] = 'valid project is required'
  }
  if (!site.issueTypes.includes(asText(asObject(fields['issuetype'])?.['name']) ?? '')) {
    errors['issuetype'] = 'Specify a valid issue type'
  }
  const summary = asText(fields['summary'])
  if (summary === undefined || summary.trim() === '') errors['summary'] = 'You must specify a summary of the issue.'
  else if (/[\r\n]/.test(summary)) errors['summary'] = 'The summary is invalid because it contains newline characters.'
  else if (summary.length > 255) errors['summary'] = 'Summary must be less than 255 characters.'
  if (fields['priority'] !== undefined) {
    const name = asText(asObject(fields['priority'])?.['name'])
    if (name === undefined || !site.priorities.includes(name)) {
      errors['priority'] = 'The priority selected is invalid.'
    }
  }
  const labels = fields['labels'] ?? []
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== 'string')) {
    errors['labels'] = 'data was not an array of strings'
  } else {
    for (const label of labels as string[]) {
      if (/\s/.test(label)) errors['labels'] = `The label '${label}' contains spaces which is invalid.`
      if (label.length > 255) errors['labels'] = 'The label is longer than 255 characters.'
    }
  }
  const wrong = checkText(version, fields['description'])
  if (wrong !== undefined) errors['description'] = wrong
  for (const name of Object.keys(fields)) {
    if (OWN.has(name) || site.customFields.includes(name)) continue
    errors[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`
  }
  for (const name of site.requiredFields) if (fields[name] === undefined) errors[name] = `${name} is required.`
  return errors
}

/** A description or the body of a comment: a document for version 3, wiki markup for version 2. */
export function checkText(version: 2 | 3, text: unknown): string | undefined {
  if (version === 2) {
    if (typeof text !== 'string') return 'Operation value must be a string'
    return text.length > LONGEST_TEXT ? tooLong : undefined
  }
  const document = asObject(text)
  if (document?.['type'] !== 'doc' || document['version'] !== 1 || !Array.isArray(document['content'])) {
    return 'Operation value must be an Atlassian Document (see the Atlassian Document Format)'
  }
  if (JSON.stringify(document).length > LONGEST_TEXT) return tooLong
  return document['content'].map((node) => checkNode(node, BLOCKS)).find((wrong) => wrong !== undefined)
}

const tooLong = 'The entered text is too long. It exceeds the allowed limit of 32,767 characters.'
const BLOCKS = new Set(['paragraph', 'bulletList'])
const CHILDREN: Readonly<Record<string, ReadonlySet<string>>> = {
  paragraph: new Set(['text']),
  bulletList: new Set(['listItem']),
  listItem: BLOCKS,
}
const MARKS = new Set(['strong', 'link', 'code'])

/** Jira says no more of a wrong document than this, wherever the mistake is. */
const invalid = 'INVALID_INPUT'

function checkNode(node: unknown, allowed: ReadonlySet<string>): string | undefined {
  const { type, text, content, marks, ...rest } = asObject(node) ?? {}
  if (typeof type !== 'string' || !allowed.has(type) || Object.keys(rest).length > 0) return invalid
  if (type === 'text') {
    if (typeof text !== 'string' || text === '' || content !== undefined) return invalid
    return Array.isArray(marks ?? []) ? ((marks ?? []) as unknown[]).map(checkMark).find((wrong) => wrong) : invalid
  }
  if (!Array.isArray(content) || (content.length === 0 && type !== 'paragraph')) return invalid
  return content.map((child) => checkNode(child, CHILDREN[type] ?? new Set())).find((wrong) => wrong !== undefined)
}

function checkMark(mark: unknown): string | undefined {
  const { type, attrs } = asObject(mark) ?? {}
  if (typeof type !== 'string' || !MARKS.has(type)) return invalid
  if (type === 'link') return typeof asObject(attrs)?.['href'] === 'string' ? undefined : invalid
  return attrs === undefined ? undefined : invalid
}
