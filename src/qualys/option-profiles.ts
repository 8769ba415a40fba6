import type { Call, QualysClient } from './client'
import { child, textAt, type XmlElement } from './xml'

export interface OptionProfile {
  readonly id: string
  readonly title: string
  readonly isDefault: boolean
}

/** The VM option profiles that the account may use, by title. */
export async function listOptionProfiles(
  client: QualysClient,
  options: Pick<Call, 'signal' | 'onWait' | 'timeoutMs'> = {},
): Promise<OptionProfile[]> {
  const root = await client.read({ ...options, api: 'optionProfiles', params: { action: 'list' } })
  return profilesIn(root)
    .flatMap((profile) => {
      const basic = child(profile, 'BASIC_INFO')
      const id = textAt(basic, 'ID')
      const title = textAt(basic, 'GROUP_NAME')
      if (id === undefined || title === undefined) return []
      return [{ id, title, isDefault: textAt(basic, 'IS_DEFAULT') === '1' }]
    })
    .sort((a, b) => a.title.localeCompare(b.title, 'en'))
}

/** Seen both directly under the root and inside a RESPONSE. */
function profilesIn(element: XmlElement): XmlElement[] {
  return element.children.flatMap((inner) => {
    if (inner.name === 'OPTION_PROFILE') return [inner]
    return inner.name === 'RESPONSE' ? profilesIn(inner) : []
  })
}
