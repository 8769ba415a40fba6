import { announce, byId, el } from './dom.js'
import { factsOf } from './event-facts.js'
import { exportButtons } from './exports.js'
import { outcomeClass } from './outcomes.js'
import { bounds, change, parametersOf } from './state.js'
import { localTime, timeOf } from './time.js'
import { visible } from './visible.js'

const LIMIT = 50

/** The events, newest first, a page at a time. Pages go by cursor: what arrives meanwhile moves nothing. */
export function showList({ api, problem, done, refresh }) {
  const heading = el('h2', { id: 'events-heading', tabindex: '-1' }, 'Events')
  const count = el('span', { class: 'count' })
  const rows = el('tbody', { role: 'rowgroup' })
  // Its roles are said, as on narrow screens the style sheet makes it no table.
  const table = el(
    'table',
    { role: 'table', 'aria-labelledby': 'events-heading' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...COLUMNS.map((name) =>
          el('th', { role: 'columnheader', scope: 'col', class: `col-${name.toLowerCase()}` }, name),
        ),
      ),
    ),
    rows,
  )
  const empty = el('p', { class: 'empty', hidden: true }, 'No events match.')
  const newer = el('button', { type: 'button', disabled: true, on: { click: () => turn(at - 1) } }, 'Newer')
  const older = el('button', { type: 'button', disabled: true, on: { click: () => turn(at + 1) } }, 'Older')
  const place = el('span', { class: 'faint' })

  /** Parameters of this reading, the cursors of its pages that are known, and which of them is shown. */
  let parameters
  let cursors = ['first']
  let at = 0
  let under

  byId('events').replaceChildren(
    el(
      'div',
      { class: 'heading' },
      heading,
      count,
      exportButtons({ api, problem, done, parameters: () => parameters }),
    ),
    table,
    empty,
    el('nav', { class: 'pages', 'aria-label': 'Pages' }, newer, place, older),
  )

  async function load(now) {
    parameters = parametersOf(now, bounds(now))
    cursors = ['first']
    await turn(0)
  }

  async function turn(page) {
    under?.abort()
    under = new AbortController()
    const { signal } = under
    table.setAttribute('aria-busy', 'true')
    try {
      const { events, total, cursor } = await api.events(parameters, { cursor: cursors[page], limit: LIMIT, signal })
      // Whoever turned the page by a button finds it again; the list begins at its top.
      if (page !== at) table.scrollIntoView({ block: 'nearest' })
      at = page
      cursors = cursors.slice(0, at + 1)
      if (cursor) cursors.push(cursor)
      show(events, total)
    } catch (error) {
      // What keeps the first page away usually keeps the timeline away too.
      problem(error, page === 0 ? refresh : () => turn(page))
    } finally {
      if (under.signal === signal) table.removeAttribute('aria-busy')
    }
  }

  function show(events, total) {
    rows.replaceChildren(...events.map(row))
    empty.hidden = events.length > 0
    table.hidden = events.length === 0
    newer.disabled = at === 0
    older.disabled = cursors.length <= at + 1
    const first = at * LIMIT
    const text = total === undefined ? '' : total.toLocaleString()
    count.textContent = text
    place.textContent = events.length === 0 ? '' : `${first + 1}–${first + events.length}${text && ` of ${text}`}`
    announce(events.length === 0 ? 'No events match.' : `${events.length} events shown${text && ` of ${text}`}.`)
  }

  rows.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    const buttons = [...rows.querySelectorAll('button')]
    const next = buttons[buttons.indexOf(document.activeElement) + step]
    if (next === undefined) return
    event.preventDefault()
    next.focus()
  })

  return { load }
}

const COLUMNS = ['Time', 'Outcome', 'Action', 'Who', 'Target', 'From']

/** A few lines of a long text; the whole of it is in the details. */
function clipped(text, title = text) {
  // Names and types break where they have a joint, not in the middle of a word.
  const parts = text.split(/(?<=[./_:-])/)
  return el('span', { class: 'clipped', title }, ...parts.flatMap((part) => [part, el('wbr')]))
}

function row({ event, added }) {
  const { id, time, action, outcome, who, target, reasonCode } = factsOf(event, added)
  const when = timeOf(time)
  const whoText = visible(who.name || who.id || '–')
  const what = visible(target.name || target.id || '–')
  const open = () => {
    // Whoever marks a text to copy it does not mean to open it.
    if (getSelection()?.isCollapsed !== false) change({ event: id })
  }
  const button = el(
    'button',
    { type: 'button', class: 'link', 'aria-label': `Details: ${visible(action)} by ${whoText}, ${visible(outcome)}` },
    Number.isNaN(when) ? visible(time) : localTime(when),
  )
  const cell = (label, ...content) => el('td', { role: 'cell', 'data-label': label }, ...content)
  return el(
    'tr',
    { role: 'row', on: { click: open } },
    cell('Time', button),
    cell(
      'Outcome',
      el('span', { class: `badge ${outcomeClass(outcome)}` }, visible(outcome) || 'unknown'),
      reasonCode === '' ? '' : el('span', { class: 'faint' }, ` ${visible(reasonCode)}`),
    ),
    cell('Action', clipped(visible(action) || '–')),
    cell('Who', clipped(whoText, visible(who.id))),
    cell('Target', clipped(what, visible(target.id)), el('span', { class: 'faint type' }, visible(target.type))),
    cell('From', visible(who.address) || '–'),
  )
}
