import type { LabReply, LabRequest } from './exchange'
import type { FaultEffect } from './faults'

interface Link {
  rel: string
  href: string
}

/** Breaks the paging links of a list's answer in one of the ways that proxies and bugs break them. */
export function alterLinks(reply: LabReply, request: LabRequest, how: FaultEffect['links']): LabReply {
  if (how === undefined || reply.body === undefined) return reply
  const document = JSON.parse(reply.body) as Record<string, unknown>
  for (const [key, value] of Object.entries(document)) {
    if (key.endsWith('_links') && Array.isArray(value)) {
      document[key] = (value as Link[]).map((link) => ({ ...link, href: altered(link.href, request, how) }))
    }
  }
  return { ...reply, body: JSON.stringify(document) }
}

function altered(href: string, request: LabRequest, how: 'repeat' | 'foreign' | 'internal'): string {
  if (how === 'repeat') return `${request.origin}${request.path}?${request.query}`
  const url = new URL(href)
  // Reserved names (RFC 2606): nothing can answer there.
  url.host = how === 'foreign' ? 'evil.example:9696' : 'neutron-api.internal.example:9696'
  return url.href
}
