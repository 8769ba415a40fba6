import { type Answer, jsonAnswer } from '../answer'
import type { OpenRoute } from '../model'
import { openApiDocument } from '../openapi/document'

export const openApi: OpenRoute = (call) => jsonAnswer(200, openApiDocument(call.link('')))

interface Described {
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly description: string }[]
}

/** What the version documents point to for people: the same as the OpenAPI document, without anything to load. */
export const docs: OpenRoute = (call): Answer => {
  const document = openApiDocument('')
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Described>>>>
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, { summary, parameters }]) =>
      section(`${verb.toUpperCase()} ${path}`, summary, parameters),
    ),
  )
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Audit trail: API</title></head><body>
<h1>Audit trail: API</h1>
<p>Compatible with OpenStack's Hermes. Send a Keystone token as <code>X-Auth-Token</code>.
<a href="${html(call.link('/v1/openapi.json'))}">OpenAPI document</a></p>
${sections.join('\n')}
</body></html>
`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  }
  return { status: 200, headers, body }
}

function section(title: string, summary: string, parameters: Described['parameters']): string {
  const rows = parameters.map(
    ({ name, description }) => `<dt><code>${html(name)}</code></dt><dd>${html(description)}</dd>`,
  )
  return `<h2><code>${html(title)}</code></h2><p>${html(summary)}</p>${rows.length === 0 ? '' : `<dl>${rows.join('')}</dl>`}`
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
