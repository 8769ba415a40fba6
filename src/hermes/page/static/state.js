import { ATTRIBUTES, readCondition, sameCondition, writtenCondition } from './attributes.js'
import { RANGES } from './time.js'

/**
 * What is being looked at. It stands in the address behind `#`, which browsers keep to themselves, so that it can be
 * bookmarked, sent to somebody, and gone back to; the token never does.
 */
const listeners = []
let current = read(location.hash)

export function state() {
  return current
}

/** @param listener called with the new state, and what it was before */
export function onChange(listener) {
  listeners.push(listener)
}

export function change(members) {
  const hash = `#${written({ ...current, ...members })}`
  if (hash === `#${written(current)}`) return
  history.pushState(null, '', hash)
  follow()
}

export function addCondition(condition) {
  const { conditions } = current
  if (!conditions.some((other) => sameCondition(other, condition))) change({ conditions: [...conditions, condition] })
}

export function removeCondition(condition) {
  change({ conditions: current.conditions.filter((other) => !sameCondition(other, condition)) })
}

// The one for the way back and forth, the other for whoever edits the address.
window.addEventListener('popstate', follow)
window.addEventListener('hashchange', follow)

function follow() {
  const before = current
  const now = read(location.hash)
  if (written(now) === written(before)) return
  current = now
  for (const listener of listeners) listener(now, before)
}

function read(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const from = timeNumber(given.get('from'))
  const to = timeNumber(given.get('to'))
  const custom = from !== undefined && to !== undefined && from < to
  const range = given.get('range')
  return {
    range: custom ? 'custom' : RANGES.some(([name]) => name === range) ? range : '24h',
    ...(custom ? { from, to } : {}),
    search: given.get('search') ?? '',
    project: given.get('project') ?? '',
    event: given.get('event') ?? '',
    conditions: ATTRIBUTES.flatMap(([attribute]) =>
      given.getAll(attribute).map((text) => readCondition(attribute, text)),
    ).filter(({ value }) => value !== ''),
  }
}

function written({ range, from, to, search, project, event, conditions }) {
  const hash = new URLSearchParams()
  if (range === 'custom') {
    hash.set('from', new Date(from).toISOString())
    hash.set('to', new Date(to).toISOString())
  } else if (range !== '24h') hash.set('range', range)
  if (search !== '') hash.set('search', search)
  if (project !== '') hash.set('project', project)
  for (const condition of conditions) hash.append(condition.attribute, writtenCondition(condition))
  if (event !== '') hash.set('event', event)
  return hash.toString()
}

function timeNumber(text) {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** The times that are meant, ms; relative ones by the clock of now. `from` is undefined for "all". */
export function bounds({ range, from, to }, now = Date.now()) {
  if (range === 'custom') return { from, to }
  const length = RANGES.find(([name]) => name === range)?.[2]
  // What has just happened is in it, whatever the clocks of the services say.
  return { from: length === undefined ? undefined : now - length, to: now + 60_000 }
}

/** The same as parameters of the API. */
export function parametersOf({ search, project, conditions }, { from, to }) {
  const parameters = new URLSearchParams()
  const times = []
  if (from !== undefined) times.push(`gte:${new Date(from).toISOString()}`)
  if (to !== undefined) times.push(`lt:${new Date(to).toISOString()}`)
  if (times.length > 0) parameters.set('time', times.join(','))
  if (search !== '') parameters.set('search', search)
  if (project !== '') parameters.set('project_id', project)
  for (const condition of conditions) parameters.append(condition.attribute, writtenCondition(condition))
  if (conditions.length > 0) parameters.set('match', 'extended')
  return parameters
}

/** Whether another list must be fetched for it: which event is open makes no difference. */
export function sameFilter(one, other) {
  return written({ ...one, event: '' }) === written({ ...other, event: '' })
}
