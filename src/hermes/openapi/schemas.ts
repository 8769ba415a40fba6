const text = { type: 'string' } as const
const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, text]))
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const object = (properties: object, required: readonly string[] = []) => ({ type: 'object', properties, required })
const list = (items: object) => ({ type: 'array', items })

/** Components of the document; the shapes other than `flat` are described in words, as they hold what producers send. */
export const SCHEMAS = {
  Version: object({ ...texts('status', 'id'), links: list(object(texts('href', 'rel', 'type'), ['href', 'rel'])) }),
  Attachment: object({ ...texts('name', 'typeURI'), content: {} }, ['typeURI', 'content']),
  ShortResource: object(texts('typeURI', 'id', 'name'), ['typeURI', 'id']),
  Resource: object(
    {
      ...texts('typeURI', 'name', 'domain', 'id', 'project_id', 'domain_id', 'project_name', 'project_domain_name'),
      ...texts('domain_name', 'application_credential_id', 'request_id', 'global_request_id'),
      addresses: list(object(texts('url', 'name'), ['url'])),
      host: object(texts('id', 'address', 'agent', 'platform')),
      attachments: list(ref('Attachment')),
    },
    ['typeURI'],
  ),
  ListItem: object(
    {
      ...texts('id', 'eventTime', 'action', 'outcome', 'requestPath'),
      initiator: ref('ShortResource'),
      target: ref('ShortResource'),
      observer: ref('ShortResource'),
      attachments: list(ref('Attachment')),
    },
    ['id', 'eventTime', 'action', 'outcome', 'requestPath', 'initiator', 'target', 'observer'],
  ),
  Event: object(
    {
      ...texts('typeURI', 'id', 'eventType', 'eventTime', 'action', 'outcome', 'requestPath'),
      reason: object(texts('reasonType', 'reasonCode')),
      initiator: ref('Resource'),
      target: ref('Resource'),
      observer: ref('Resource'),
      attachments: list(ref('Attachment')),
    },
    ['typeURI', 'id', 'eventType', 'eventTime', 'action', 'outcome', 'reason', 'initiator', 'target', 'observer'],
  ),
  List: object({ ...texts('next', 'previous'), events: list(ref('ListItem')), total: { type: 'integer' } }, [
    'events',
    'total',
  ]),
  Counts: object(
    { attribute: text, counts: list(object({ value: text, count: { type: 'integer' } }, ['value', 'count'])) },
    ['attribute', 'counts'],
  ),
  Histogram: object(
    {
      interval: { type: 'integer', description: 'Seconds.' },
      by: text,
      total: { type: 'integer' },
      buckets: list(
        object(
          {
            time: text,
            count: { type: 'integer' },
            by: { type: 'object', additionalProperties: { type: 'integer' } },
          },
          ['time', 'count'],
        ),
      ),
    },
    ['interval', 'buckets', 'total'],
  ),
  Settings: object(
    {
      ...texts('tenant_id', 'updated_by', 'updated_at'),
      enabled: { type: 'boolean' },
      retention_days: { type: 'integer', minimum: 1 },
    },
    ['tenant_id', 'enabled'],
  ),
  SettingsChange: {
    ...object({ tenant_id: text, enabled: { type: 'boolean' }, retention_days: { type: 'integer', minimum: 1 } }),
    additionalProperties: false,
  },
  Integrity: object({
    checkpoint: { type: 'object' },
    ...texts('checkpoint_trouble'),
    verification: { type: 'object' },
  }),
  Health: object(texts('status', 'store'), ['status', 'store']),
  Problem: object({ ...texts('type', 'title', 'detail', 'code', 'hint'), status: { type: 'integer' } }, [
    'title',
    'status',
    'code',
  ]),
}

export type SchemaName = keyof typeof SCHEMAS

export function schemaRef(name: SchemaName): object {
  return ref(name)
}
