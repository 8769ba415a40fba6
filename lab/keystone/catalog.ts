import { createHash } from 'node:crypto'
import type { CatalogService, Endpoint } from './model'

/** One service of the catalog, with the three interfaces in each region. Ids follow from the names, so they stay the same. */
export function catalogService(type: string, name: string, url: string, regions: readonly string[]): CatalogService {
  return {
    id: idOf(type, name),
    type,
    name,
    endpoints: regions.flatMap((region) =>
      (['internal', 'public', 'admin'] as const).map(
        (side): Endpoint => ({ id: idOf(type, name, region, side), interface: side, region, url }),
      ),
    ),
  }
}

function idOf(...parts: readonly string[]): string {
  return createHash('md5').update(parts.join('/')).digest('hex')
}
