import type { StoredEvent } from '../../audit/model'
import { type Role, resourceOf } from '../../audit/record/resources'
import { isRecord } from '../../openstack/openstack-error'
import { type Fields, fieldsOf, isoTime, textOf, textsOf } from './decode'

/** Members of today's Hermes, with its rules for what is empty and what is left out (clients decode them by fixed types). */
export function flatItem(stored: StoredEvent, event: Fields, details: boolean): Fields {
  const attachments = details ? attachmentsOf(event['attachments']) : []
  return {
    id: textOf(event['id']) || stored.id,
    eventTime: eventTimeOf(stored, event),
    action: textOf(event['action']),
    outcome: textOf(event['outcome']),
    requestPath: textOf(event['requestPath']),
    initiator: short(event, 'initiator', ['name']),
    target: short(event, 'target', []),
    observer: short(event, 'observer', ['name']),
    ...(attachments.length === 0 ? {} : { attachments }),
  }
}

export function flatEvent(stored: StoredEvent, event: Fields): Fields {
  const requestPath = textOf(event['requestPath'])
  const attachments = attachmentsOf(event['attachments'])
  return {
    typeURI: textOf(event['typeURI']),
    id: textOf(event['id']) || stored.id,
    eventType: textOf(event['eventType']),
    eventTime: eventTimeOf(stored, event),
    action: textOf(event['action']),
    outcome: textOf(event['outcome']),
    ...(requestPath === '' ? {} : { requestPath }),
    reason: textsOf(fieldsOf(event['reason']), ['reasonType', 'reasonCode']),
    initiator: resource(event, 'initiator'),
    target: resource(event, 'target'),
    observer: resource(event, 'observer'),
    ...(attachments.length === 0 ? {} : { attachments }),
  }
}

/** As it is stored, not reformatted; where the event has none, the time by which it is filed. */
function eventTimeOf(stored: StoredEvent, event: Fields): string {
  return textOf(event['eventTime']) || isoTime(stored.time)
}

function short(event: Fields, role: Role, names: readonly string[]): Fields {
  const fields = resourceOf(event, role)
  return { typeURI: textOf(fields['typeURI']), id: textOf(fields['id']), ...textsOf(fields, names) }
}

const TEXTS = [
  'project_id',
  'domain_id',
  'project_name',
  'project_domain_name',
  'domain_name',
  'application_credential_id',
  'request_id',
  'global_request_id',
]

function resource(event: Fields, role: Role): Fields {
  const fields = resourceOf(event, role)
  const id = textOf(fields['id'])
  const addresses = addressesOf(fields['addresses'])
  const host = textsOf(fieldsOf(fields['host']), ['id', 'address', 'agent', 'platform'])
  const attachments = attachmentsOf(fields['attachments'])
  return {
    typeURI: textOf(fields['typeURI']),
    ...textsOf(fields, ['name', 'domain']),
    ...(id === '' ? {} : { id }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(Object.keys(host).length === 0 ? {} : { host }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...textsOf(fields, TEXTS),
  }
}

function addressesOf(value: unknown): Fields[] {
  return listOf(value).flatMap((address): Fields[] => {
    if (typeof address === 'string') return address === '' ? [] : [{ url: address }]
    return isRecord(address) ? [{ url: textOf(address['url']), ...textsOf(address, ['name']) }] : []
  })
}

/** The content may be of any JSON type. Some producers write `contentType` for `typeURI`. */
function attachmentsOf(value: unknown): Fields[] {
  return listOf(value).map((attachment): Fields => {
    if (!isRecord(attachment)) return { typeURI: '', content: attachment ?? null }
    return {
      ...textsOf(attachment, ['name']),
      typeURI: textOf(attachment['typeURI']) || textOf(attachment['contentType']),
      content: attachment['content'] ?? null,
    }
  })
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isRecord(value) ? [value] : []
}
