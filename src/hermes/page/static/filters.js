import { ATTRIBUTES, HOWS, labelOf } from './attributes.js'
import { byId, el } from './dom.js'
import { addCondition, bounds, change, removeCondition, state } from './state.js'
import { inputTime, RANGES } from './time.js'
import { visible } from './visible.js'

/** Time, search, and conditions with values to pick from. */
export function showFilters({ api, problem, refresh }) {
  let offered = new Map()

  const range = el(
    'select',
    { id: 'range', on: { change: choose } },
    ...RANGES.map(([name, label]) => el('option', { value: name }, label)),
    el('option', { value: 'custom' }, 'From … to …'),
  )
  const from = el('input', { id: 'from', type: 'datetime-local', step: '1', on: { change: setTimes } })
  const to = el('input', { id: 'to', type: 'datetime-local', step: '1', on: { change: setTimes } })
  const times = el('div', { class: 'fields', hidden: true }, labelled('From', from), labelled('To', to))
  const search = el('input', {
    id: 'search',
    type: 'search',
    placeholder: 'words, "a phrase", target_id:… , -not',
    spellcheck: 'false',
    autocomplete: 'off',
    maxlength: '1000',
  })
  search.addEventListener('change', () => change({ search: search.value.trim() }))

  const attribute = el(
    'select',
    { id: 'filter-attribute', on: { change: offer } },
    ...ATTRIBUTES.map(([name, label]) => el('option', { value: name }, label)),
  )
  const how = el('select', { id: 'filter-how' }, ...HOWS.map(([name, label]) => el('option', { value: name }, label)))
  const values = el('datalist', { id: 'filter-values' })
  const value = el('input', {
    id: 'filter-value',
    type: 'text',
    list: 'filter-values',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '1000',
    on: { focus: offer },
  })
  const adding = el(
    'form',
    { class: 'adding', 'aria-label': 'Add a filter' },
    labelled('Filter', attribute),
    labelled('How', how, 'unseen'),
    labelled('Value', value, 'unseen'),
    values,
    el('button', { type: 'submit' }, 'Add filter'),
  )
  adding.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = value.value.trim()
    if (text === '') return value.focus()
    value.value = ''
    addCondition({ attribute: attribute.value, how: how.value, value: text })
  })
  const chips = el('ul', { class: 'chips', 'aria-label': 'Filters in force' })

  byId('filters').replaceChildren(
    el(
      'div',
      { class: 'controls' },
      labelled('Time', range),
      times,
      el('div', { class: 'field wide' }, el('label', { for: 'search' }, 'Search'), search),
      el('button', { type: 'button', on: { click: refresh } }, 'Refresh'),
    ),
    adding,
    chips,
  )

  function choose() {
    if (range.value !== 'custom') return change({ range: range.value, from: undefined, to: undefined })
    const now = Date.now()
    const { from: begin = now - 86_400_000, to: end } = bounds(state(), now)
    change({ range: 'custom', from: Math.floor(begin / 1000) * 1000, to: Math.floor(end / 1000) * 1000 })
  }

  function setTimes() {
    const begin = Date.parse(from.value)
    const end = Date.parse(to.value)
    const wrong = !(begin < end)
    to.setCustomValidity(wrong ? 'The end must be after the beginning.' : '')
    to.reportValidity()
    if (!wrong) change({ range: 'custom', from: begin, to: end })
  }

  /** Values of the chosen attribute, fetched once for each. */
  async function offer() {
    const name = attribute.value
    const { project } = state()
    try {
      if (!offered.has(name)) offered.set(name, api.values(name, project))
      const found = await offered.get(name)
      if (attribute.value !== name) return
      // Those with characters that cannot be seen cannot be typed either.
      values.replaceChildren(
        ...found.filter((each) => visible(each) === each).map((each) => el('option', { value: each })),
      )
    } catch (error) {
      offered.delete(name)
      problem(error)
    }
  }

  return {
    show(now) {
      range.value = now.range
      times.hidden = now.range !== 'custom'
      if (now.range === 'custom') {
        from.value = inputTime(now.from)
        to.value = inputTime(now.to)
        to.setCustomValidity('')
      }
      if (document.activeElement !== search || now.search !== search.value.trim()) search.value = now.search
      chips.replaceChildren(...now.conditions.map(chip))
      chips.hidden = now.conditions.length === 0
    },
    forgetValues() {
      offered = new Map()
      values.replaceChildren()
    },
  }

  function chip(condition) {
    const words = HOWS.find(([name]) => name === condition.how)[1]
    const text = `${labelOf(condition.attribute)} ${words} ${visible(condition.value)}`
    const remove = el(
      'button',
      {
        type: 'button',
        'aria-label': `Remove filter: ${text}`,
        on: {
          click: () => {
            removeCondition(condition)
            // The button is gone then: do not leave whoever works by keyboard at the top of the page.
            value.focus({ preventScroll: true })
          },
        },
      },
      '×',
    )
    return el('li', {}, el('span', {}, text), remove)
  }
}

function labelled(label, control, className = '') {
  return el('div', { class: 'field' }, el('label', { for: control.id, class: className }, label), control)
}
