import { asObject, parseJson } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Notifier } from '../notifications/notifier'
import type { CallContext } from './context'
import { badRequest, NeutronFailure } from './failure'
import type { StandardAttributes } from './model'
import type { ResourceKind } from './resource'
import type { NeutronWorld } from './world'

/** `/v2.0/<collection>/{id}/tags`: tagging publishes `tag.*` and no update of what was tagged. */
export async function tags(
  world: NeutronWorld,
  notifier: Notifier,
  context: CallContext,
  request: LabRequest,
  kind: ResourceKind,
  row: StandardAttributes,
  tag: string | undefined,
): Promise<LabReply> {
  const published = async (action: string, changed: readonly string[], change: () => void): Promise<void> => {
    const payload = { parent_resource: kind.plural, parent_resource_id: row.id, tags: changed }
    await notifier.notify(context, `tag.${action}.start`, payload)
    change()
    world.touch(row)
    await notifier.notify(context, `tag.${action}.end`, payload)
  }
  const ask = `${request.method} ${tag === undefined ? 'all' : 'one'}`
  const one = tag === undefined ? '' : decodeURIComponent(tag)
  const missing = (): NeutronFailure => new NeutronFailure(404, 'TagNotFound', `Tag ${one} could not be found.`)
  switch (ask) {
    case 'GET all':
      return json(200, { tags: row.tags })
    case 'GET one':
      if (!row.tags.includes(one)) throw missing()
      return { status: 204 }
    case 'PUT one':
      await published('create', [one], () => {
        if (!row.tags.includes(one)) row.tags.push(one)
      })
      return { status: 201 }
    case 'PUT all': {
      const wanted = asObject(parseJson(request.body))?.['tags']
      if (!Array.isArray(wanted) || !wanted.every((each) => typeof each === 'string')) {
        throw badRequest('Invalid tags body')
      }
      await published('update', wanted, () => {
        row.tags = [...new Set(wanted)]
      })
      return json(200, { tags: row.tags })
    }
    case 'DELETE one':
      if (!row.tags.includes(one)) throw missing()
      await published('delete', [one], () => {
        row.tags = row.tags.filter((each) => each !== one)
      })
      return { status: 204 }
    default:
      throw new NeutronFailure(404, 'HTTPNotFound', 'The resource could not be found.')
  }
}
