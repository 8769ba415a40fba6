import type { AuditRecord } from '../../src/audit/model'
import { idKey } from '../../src/cadf/identity'

/**
 * Audit records as a cloud of 200 projects makes them, the same in each run: 60 % API calls as keystonemiddleware reports them, half
 * of these as a request and a response; the others notifications. The busiest project has 7 % of the events.
 */
export function recordMaker(seed: number, begin: number, step: number): (count: number) => AuditRecord[] {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 0x1_0000_0000
  }
  const hex = (digits: number) => {
    let text = ''
    while (text.length < digits)
      text += Math.floor(random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0')
    return text.slice(0, digits)
  }
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  /** The first ones more often. */
  const skewed = <T>(list: readonly T[]): T => list[Math.floor(random() ** 2 * list.length)] as T
  const projects = Array.from({ length: 200 }, () => hex(32))
  const users = Array.from({ length: 1000 }, (_, number) => ({
    id: hex(32),
    name: `user-${number}`,
    project: skewed(projects),
    address: `203.0.113.${number % 250}`,
  }))
  const resources = Array.from({ length: 20_000 }, uuid)
  const kinds = [
    'network/security-group',
    'network/port',
    'compute/server',
    'storage/volume',
    'network/floatingip',
  ].flatMap((target) => (['create', 'update', 'delete', 'read'] as const).map((action) => ({ target, action })))
  let time = begin
  let open: AuditRecord | undefined

  function one(): AuditRecord {
    time += step
    if (open !== undefined) {
      const answer = { ...open, ...bodyOf(open, 'final', time), time }
      open = undefined
      return answer
    }
    const { target, action } = skewed(kinds)
    const user = skewed(users)
    const service = target.slice(0, target.indexOf('/'))
    const api = random() < 0.6
    const id = uuid()
    const requestId = `req-${uuid()}`
    const targetId = random() < 0.5 ? pick(resources) : uuid()
    const outcome = random() < 0.05 ? 'failure' : 'success'
    const record: AuditRecord = {
      cloud: 'prod',
      id: idKey(id),
      phase: 'final',
      time,
      body: '',
      contentHash: '',
      notification: {
        messageId: uuid(),
        eventType: api ? 'audit.http.response' : `${target.slice(target.indexOf('/') + 1)}.${action}.end`,
        publisherId: `${service}.controller-${1 + Math.floor(random() * 3)}`,
        priority: 'INFO',
        timestamp: new Date(time / 1000).toISOString().replace('T', ' ').replace('Z', '123'),
      },
      tenants:
        random() < 0.1 ? [user.project, skewed(projects)].filter((p, i, all) => all.indexOf(p) === i) : [user.project],
      attributes: {
        cloud: 'prod',
        observer_id: service,
        observer_type: `service/${service}`,
        observer_name: service,
        target_id: targetId,
        target_type: target,
        initiator_id: user.id,
        initiator_type: 'service/security/account/user',
        initiator_name: user.name,
        initiator_user_id: user.id,
        initiator_project_id: user.project,
        target_project_id: user.project,
        action,
        outcome,
        event_type: api ? 'audit.http.response' : `${target.slice(target.indexOf('/') + 1)}.${action}.end`,
        source: service,
        request_id: requestId,
        address: user.address,
        ...(api
          ? { request_path: `/v2.0/${target.slice(target.indexOf('/') + 1)}s/${targetId}`, reason_code: '200' }
          : {}),
      },
    }
    if (api && random() < 0.5) {
      const whole = { ...record, ...bodyOf(record, 'pending', time) }
      open = whole
      return whole
    }
    return { ...record, ...bodyOf(record, 'final', time) }
  }

  function bodyOf(record: AuditRecord, phase: 'pending' | 'final', at: number) {
    const { attributes: a } = record
    const outcome = phase === 'pending' ? 'pending' : a.outcome === 'pending' ? 'success' : (a.outcome ?? 'success')
    const eventTime = new Date(at / 1000).toISOString().replace('Z', '456+00:00')
    const body = JSON.stringify({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: record.id,
      eventType: 'activity',
      eventTime,
      action: a.action,
      outcome,
      initiator: {
        id: a.initiator_id,
        typeURI: a.initiator_type,
        name: a.initiator_name,
        username: a.initiator_name,
        user_id: a.initiator_user_id,
        project_id: a.initiator_project_id,
        domain_id: 'default',
        credential: { identity_status: 'Confirmed', token: '***' },
        host: { address: a.address, agent: 'python-openstackclient keystoneauth1/5.8.0', trust: 'claimed' },
        request_id: a.request_id,
      },
      target: {
        id: a.target_id,
        typeURI: a.target_type,
        name: `${a.source}-${a.target_id?.slice(0, 8)}`,
        addresses: ['admin', 'private', 'public'].map((name) => ({
          url: `https://${a.source}.example.org:9696`,
          name,
        })),
      },
      observer: { id: a.observer_id, typeURI: a.observer_type, name: a.observer_name },
      ...(a.request_path === undefined ? {} : { requestPath: a.request_path }),
      tags: [`correlation_id?value=${record.id}`],
      ...(phase === 'pending' ? {} : { reason: { reasonType: 'HTTP', reasonCode: '200' } }),
      reporterchain: [
        { role: 'modifier', reporterTime: eventTime, reporter: { id: a.observer_id, typeURI: a.observer_type } },
      ],
    })
    return { phase, body, contentHash: hex(64), attributes: { ...a, outcome } }
  }

  return (count) => Array.from({ length: count }, one)
}
