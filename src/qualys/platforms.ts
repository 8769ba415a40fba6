/** One Qualys platform: where its API server answers. Scanning uses the API server, not the gateway. */
export interface Platform {
  readonly id: string
  readonly label: string
  readonly api: string
}

/**
 * The shared platforms. Which one a subscription is on stands in the portal under Help, About, and in the user name's
 * platform mark. A wrong one answers "Bad Login/Password". (Hosts as public clients list them; the spelling of UK1 has
 * a conflicting source.)
 */
export const PLATFORMS: readonly Platform[] = [
  { id: 'us1', label: 'US Platform 1', api: 'https://qualysapi.qualys.com' },
  { id: 'us2', label: 'US Platform 2', api: 'https://qualysapi.qg2.apps.qualys.com' },
  { id: 'us3', label: 'US Platform 3', api: 'https://qualysapi.qg3.apps.qualys.com' },
  { id: 'us4', label: 'US Platform 4', api: 'https://qualysapi.qg4.apps.qualys.com' },
  { id: 'gov1', label: 'US Government Platform 1', api: 'https://qualysapi.gov1.qualys.us' },
  { id: 'eu1', label: 'EU Platform 1', api: 'https://qualysapi.qualys.eu' },
  { id: 'eu2', label: 'EU Platform 2', api: 'https://qualysapi.qg2.apps.qualys.eu' },
  { id: 'eu3', label: 'EU Platform 3 (Italy)', api: 'https://qualysapi.qg3.apps.qualys.it' },
  { id: 'in1', label: 'India Platform 1', api: 'https://qualysapi.qg1.apps.qualys.in' },
  { id: 'ca1', label: 'Canada Platform 1', api: 'https://qualysapi.qg1.apps.qualys.ca' },
  { id: 'ae1', label: 'UAE Platform 1', api: 'https://qualysapi.qg1.apps.qualys.ae' },
  { id: 'uk1', label: 'UK Platform 1', api: 'https://qualysapi.qg1.apps.qualys.co.uk' },
  { id: 'au1', label: 'Australia Platform 1', api: 'https://qualysapi.qg1.apps.qualys.com.au' },
  { id: 'ksa1', label: 'KSA Platform 1', api: 'https://qualysapi.qg1.apps.qualysksa.com' },
]

export function platformOf(id: string): Platform | undefined {
  return PLATFORMS.find((platform) => platform.id === id)
}
