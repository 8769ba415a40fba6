import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { ChannelConfig } from './channel'
import type { Report } from './model'
import { compileTemplate } from './templates/engine'
import { compileDocument, templateData } from './templates/set'

export type FieldsTemplate = (report: Report) => Readonly<Record<string, unknown>>

/**
 * Reads a channel's settings and gathers every complaint, so that a person mends all of them at once. Call {@link done} before
 * anything is used.
 */
export class ChannelSettings {
  readonly #config: ChannelConfig
  readonly #channel: string
  readonly #complaints: string[] = []

  constructor(config: ChannelConfig, channel: string) {
    this.#config = config
    this.#channel = channel
  }

  /** Trimmed; empty where there is none. */
  text(name: string): string {
    return String(this.#config.settings[name] ?? '').trim()
  }

  mandatory(name: string): string {
    const text = this.text(name)
    if (text === '') this.complain(`"${name}" is missing`)
    return text
  }

  /** Never trimmed: blanks may belong to a password. */
  secret(name: string): string | undefined {
    const value = this.#config.credentials[name]
    return value === undefined || value === '' ? undefined : value
  }

  mandatorySecret(name: string): string {
    const value = this.secret(name)
    if (value === undefined) this.complain(`the credential "${name}" is missing`)
    return value ?? ''
  }

  yes(name: string): boolean {
    return this.#config.settings[name] === true
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const text = this.text(name)
    const number = text === '' ? fallback : Number(text)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    this.complain(`"${name}" must be a whole number from ${least} to ${most}`)
    return fallback
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(name)
    if (text === '') return fallback
    const found = allowed.find((value) => value === text)
    if (found === undefined) this.complain(`"${name}" must be one of ${allowed.join(', ')}`)
    return found ?? fallback
  }

  /** Words between blanks, commas or line ends. */
  words(name: string): readonly string[] {
    return this.text(name)
      .split(/[\s,]+/)
      .filter((word) => word !== '')
  }

  /**
   * Further fields as JSON, e.g. `{"customfield_10010": {"value": "{{ event.outcome }}"}}`: each string in it is a template.
   * @param reserved names that the channel fills itself
   * @throws OperatorError NOTIFY_TEMPLATE
   */
  fields(name: string, reserved: readonly string[] = []): FieldsTemplate {
    const value = this.#config.settings[name]
    const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : this.text(name)
    if (text === '') return () => ({})
    const named = objectOf(text)
    if (named === undefined) {
      this.complain(`"${name}" must be a JSON object`)
      return () => ({})
    }
    const taken = Object.keys(named).filter((field) => reserved.includes(field))
    if (taken.length > 0) this.complain(`"${name}" must not name ${taken.join(', ')}`)
    const render = compileDocument(text, 'none')
    return (report) => render(templateData(report)) as Readonly<Record<string, unknown>>
  }

  /**
   * A text that is a template, rendered for each report.
   * @throws OperatorError NOTIFY_TEMPLATE
   */
  template(name: string): (report: Report) => string {
    const text = this.text(name)
    if (!text.includes('{')) return () => text
    const template = compileTemplate(text, 'none', name)
    return (report) => template.render(templateData(report)).trim()
  }

  /**
   * An https address; http only to this machine, or where the user allows it.
   * @param value text of a setting or a secret; it is not quoted in the complaint, as it may be one
   */
  url(name: string, value: string, options: { readonly allowHttp?: boolean } = {}): URL | undefined {
    if (value === '') return undefined
    if (!URL.canParse(value)) return this.complain(`"${name}" is no address`)
    const url = new URL(value)
    const local = /^(localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
    if (url.protocol === 'https:' || (url.protocol === 'http:' && (local || options.allowHttp === true))) return url
    return this.complain(`"${name}" must begin with https://`)
  }

  complain(what: string): undefined {
    this.#complaints.push(what)
    return undefined
  }

  /** @throws OperatorError NOTIFY_CONFIG naming all that is wrong */
  done(): void {
    if (this.#complaints.length === 0) return
    throw new OperatorError('NOTIFY_CONFIG', `${this.#channel}: ${quote(this.#complaints.join('; '), 1000)}.`, {
      remedy: 'Open the node and correct it.',
    })
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
