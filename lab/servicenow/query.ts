import type { ServiceNowInstance, ServiceNowRecord } from './instance'

/** Not as the instance answers: it would run the script, or find everything. The pocket cloud says so instead. */
export class QueryRefused extends Error {}

/**
 * An encoded query: conditions joined by `^`, ORDERBY and ORDERBYDESC at the end. A condition over a column that the table lacks
 * is no condition, as with an instance in its default settings.
 * @throws QueryRefused
 */
export function runQuery(instance: ServiceNowInstance, query: string): ServiceNowRecord[] {
  let found = [...instance.records]
  for (const part of query.split('^').filter((each) => each !== '')) {
    const [, descending, column] = /^ORDERBY(DESC)?(\w+)$/.exec(part) ?? []
    if (column !== undefined) {
      found.sort((one, other) => (one.values[column] ?? '').localeCompare(other.values[column] ?? ''))
      if (descending !== undefined) found.reverse()
      continue
    }
    const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(part) ?? []
    if (name === '' || /[\r\n]/.test(value)) throw new QueryRefused(`The condition ${JSON.stringify(part)} is none.`)
    if (/javascript:/i.test(value)) throw new QueryRefused('The condition holds a script.')
    if (!instance.has(name)) continue
    // Databases compare without regard to case.
    found = found.filter(({ values }) => (values[name] ?? '').toLowerCase() === value.toLowerCase())
  }
  return found
}
