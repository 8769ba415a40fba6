import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { type Draft, needed, readable } from './draft'

const TYPE = 'keystone-config'

/** `openstack.*`: one password account. */
export function importKeystone(draft: Draft): void {
  draft.set(TYPE, { authType: 'password', userBy: 'name', projectBy: 'name', scope: 'project' })
  importEndpoint(draft)

  const user = needed(draft, 'openstack.user', 'Enter a user in the Keystone configuration.')
  if (user !== undefined) {
    draft.set(TYPE, { user })
    draft.note(
      'openstack.user',
      'changed',
      'This user logs in. osel logged in as whoever had made the change, with this password. It needs a role that may list the ports ' +
        'of all projects; an application credential is better.',
    )
  }
  const password = needed(draft, 'openstack.password', 'Enter the password in the Keystone configuration.')
  if (password !== undefined) {
    draft.secret(TYPE, { password })
    draft.note('openstack.password', 'taken', 'Stored in the credentials of the Keystone configuration.')
  }
  const project = draft.take('openstack.tenant_name')
  if (project === undefined) {
    draft.note(
      'openstack.tenant_name',
      'missing',
      'Enter the project that the user logs in to, in the Keystone configuration.',
    )
  } else {
    draft.set(TYPE, { project })
    draft.note('openstack.tenant_name', 'changed', 'The project that the user logs in to. osel never read it.')
  }
  const region = needed(
    draft,
    'openstack.region',
    'Enter the region in the Keystone configuration if there are several.',
  )
  if (region !== undefined) {
    draft.set(TYPE, { region })
    draft.note('openstack.region', 'taken', 'The region of the Neutron that is asked for ports.')
  }
}

function importEndpoint(draft: Draft): void {
  const key = 'openstack.identity_endpoint'
  const given = needed(draft, key, 'Enter the address of Keystone in the Keystone configuration.')
  if (given === undefined) return
  const address = readable(draft, key, () => asVersion3(given))
  if (address === undefined) return
  draft.set(TYPE, { authUrl: address.url })
  draft.note(
    key,
    address.was === 'v3' ? 'taken' : 'changed',
    address.was === 'v2'
      ? `Version 2.0 no longer exists; ${address.url} is used.`
      : `Keystone is asked at ${address.url}.`,
  )
}

/** `http://keystone:5000/v2.0/` → `http://keystone:5000/v3`; a path in front stays. */
function asVersion3(given: string): { url: string; was: 'v2' | 'v3' | 'none' } {
  let url: URL
  try {
    url = new URL(given)
  } catch {
    throw notAnAddress(given)
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') throw notAnAddress(url.host)
  const [, before = '', version] = /^(.*?)(?:\/(v\d(?:\.\d)?))?\/*$/.exec(url.pathname) ?? []
  const was = version === undefined ? 'none' : version.startsWith('v2') ? 'v2' : 'v3'
  return { url: `${url.origin}${before}/v3`, was }
}

function notAnAddress(given: string): OperatorError {
  return new OperatorError('OSEL_CONFIGURATION', `"${quote(given, 80)}" is no address of Keystone.`, {
    remedy: 'Enter it as https://keystone.example:5000/v3.',
  })
}
