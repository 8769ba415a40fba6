import type { SecurityGroupRule } from '../../exposure/model'
import { isRecord } from '../openstack-error'

/**
 * Reads a rule from a listing or from a notification; undefined unless it is whole enough to be judged (id, group and
 * direction). What Neutron leaves out or sends as something else becomes null, which for it means "any".
 */
export function decodeRule(value: unknown): SecurityGroupRule | undefined {
  if (!isRecord(value)) return undefined
  const { id, security_group_id: group, direction } = value
  if (typeof id !== 'string' || id === '' || typeof group !== 'string' || group === '') return undefined
  if (direction !== 'ingress' && direction !== 'egress') return undefined
  const text = (name: string) => {
    const member = value[name]
    return typeof member === 'string' || typeof member === 'number' ? String(member) : null
  }
  const number = (name: string) => (typeof value[name] === 'number' ? value[name] : null)
  const owner = text('project_id') ?? text('tenant_id')
  return {
    id,
    security_group_id: group,
    direction,
    ethertype: value['ethertype'] === 'IPv6' ? 'IPv6' : 'IPv4',
    protocol: text('protocol'),
    port_range_min: number('port_range_min'),
    port_range_max: number('port_range_max'),
    remote_ip_prefix: text('remote_ip_prefix'),
    remote_group_id: text('remote_group_id'),
    remote_address_group_id: text('remote_address_group_id'),
    ...(text('description') ? { description: text('description') } : {}),
    ...(owner === null ? {} : { project_id: owner }),
  }
}
